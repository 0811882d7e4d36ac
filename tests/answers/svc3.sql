-- Share of content answers of 90 days by region and by agent, where there are five.
WITH given AS (
  SELECT coalesce(c.region, 'Group') AS region, p.name AS agent, (o.score - o.lowest) / (o.highest - o.lowest) >= 0.75 AS content
  FROM opinion o LEFT JOIN company c USING (account) LEFT JOIN person p ON p.person = o.agent
  WHERE o.kind = 'CSAT' AND o.given >= as_of_day() - 89 AND o.given < as_of_day() + 1
)
SELECT 'region ' || region, 100 * avg(content::INTEGER) FROM given GROUP BY region HAVING count(*) >= 5
UNION ALL SELECT 'agent ' || agent, 100 * avg(content::INTEGER) FROM given WHERE agent IS NOT NULL GROUP BY agent HAVING count(*) >= 5
-- answer
SELECT 'region ' || region, 100 * csat FROM answer WHERE region <> 'All' UNION ALL SELECT 'agent ' || agent_name, 100 * csat FROM answer WHERE agent_name <> 'All'
