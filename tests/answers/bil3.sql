-- Accounts with three or more disputes and credits in the months of the window.
WITH event AS (
  SELECT coalesce(b.account, q.account) AS account, q.opened AS day, 1 AS dispute, 0 AS adjustment FROM quarrel q LEFT JOIN bill b USING (bill)
  UNION ALL SELECT account, day, 0, 1 FROM (SELECT DISTINCT memo, coalesce(b.account, m.account) AS account, coalesce(m.issued, m.applied) AS day FROM memo m LEFT JOIN bill b USING (bill))
), per AS (
  SELECT c.account, c.name, sum(dispute) AS disputes, sum(adjustment) AS adjustments FROM event JOIN company c USING (account)
  WHERE date_trunc('month', day) > as_of_day() - INTERVAL 12 MONTH AND day <= as_of_day() GROUP BY ALL HAVING sum(dispute) + sum(adjustment) >= 3
)
SELECT name || ' disputes', sum(disputes) FROM per GROUP BY name UNION ALL SELECT name || ' adjustments', sum(adjustments) FROM per GROUP BY name
UNION ALL SELECT 'accounts', count(*) FROM per
-- answer
SELECT account_name || ' disputes', sum(disputes) FROM answer GROUP BY account_name UNION ALL SELECT account_name || ' adjustments', sum(adjustments) FROM answer GROUP BY account_name
UNION ALL SELECT 'accounts', count(*) FROM answer
