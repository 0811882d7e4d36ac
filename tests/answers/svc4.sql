-- Problems that came back in 90 days to the same account after they had been closed, with all cases about them in that time.
WITH shut AS (
  SELECT c.ticket, c.account, c.family, c.reason, c.created, max(k.changed) FILTER (WHERE k.closes) AS closed FROM complaint c LEFT JOIN closing k USING (ticket) GROUP BY ALL
), again AS (
  SELECT DISTINCT n.account, n.family, n.reason FROM complaint n JOIN shut e ON e.account = n.account AND e.family = n.family AND e.reason = n.reason AND e.ticket <> n.ticket
  WHERE n.created >= as_of_day() - 89 AND n.created < as_of_day() + 1 AND e.closed < n.created AND CAST(n.created AS DATE) - CAST(e.closed AS DATE) <= 90 AND n.reason <> 'UNKNOWN'
)
SELECT c.name || ' ' || g.family || ' ' || g.reason, count(*) FROM again g JOIN company c USING (account) JOIN complaint x ON x.account = g.account AND x.family = g.family AND x.reason = g.reason
WHERE x.created >= as_of_day() - 89 AND x.created < as_of_day() + 1 GROUP BY ALL
-- answer
SELECT account_name || ' ' || product_family || ' ' || reason, cases_90d FROM answer
