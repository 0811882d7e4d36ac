-- What is owed and overdue of each account manager, and of each kind of account.
WITH claim AS (
  SELECT coalesce(c.kind, 'unknown') AS kind, p.name AS manager, o.usd, CASE WHEN o.due < as_of_day() AND o.amount > 0.01 THEN o.usd ELSE 0 END AS overdue
  FROM owed o LEFT JOIN company c USING (account) LEFT JOIN person p ON p.person = c.owner WHERE o.amount > 0 AND o.usd IS NOT NULL
)
SELECT 'owed by ' || kind, sum(usd) FROM claim GROUP BY kind UNION ALL SELECT 'overdue of ' || kind, sum(overdue) FROM claim GROUP BY kind HAVING sum(overdue) > 0
UNION ALL SELECT 'owed to ' || manager, sum(usd) FROM claim WHERE manager IS NOT NULL GROUP BY manager
-- answer
SELECT 'owed by ' || lower(segment), outstanding_usd FROM answer WHERE segment <> 'All' AND outstanding_usd > 0 UNION ALL SELECT 'overdue of ' || lower(segment), overdue_usd FROM answer WHERE segment <> 'All' AND overdue_usd > 0
UNION ALL SELECT 'owed to ' || owner_name, outstanding_usd FROM answer WHERE owner_name <> 'All' AND outstanding_usd > 0
