-- F50: owed and overdue, by region of the billing system's accounts, at the rate of the as-of.
WITH paid AS (
  SELECT bill, sum(amount) AS amount FROM (
    SELECT bill, amount FROM settlement WHERE settled <= as_of_day() UNION ALL SELECT bill, amount FROM credit WHERE settled <= as_of_day() AND issued <= as_of_day())
  GROUP BY bill
), owed AS (
  SELECT b.account, b.due, b.ccy, b.total - coalesce(p.amount, 0) AS amount FROM bill b LEFT JOIN paid p USING (bill)
  WHERE b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day())
), valued AS (
  SELECT coalesce(a.region, 'UNASSIGNED') AS region, o.due, round(o.amount / r.rate, 2) AS usd
  FROM owed o JOIN rate_now r USING (ccy)
  LEFT JOIN account a USING (account) WHERE o.amount > 0
)
SELECT region || ' ' || what, sum(usd) FROM (
  SELECT region, 'outstanding' AS what, usd FROM valued
  UNION ALL SELECT region, CASE WHEN due < as_of_day() THEN 'overdue' ELSE 'not due' END, usd FROM valued)
GROUP BY ALL
-- gold
SELECT CASE WHEN account_id LIKE 'UNASSIGNED-%' THEN 'UNASSIGNED' ELSE region END || ' ' || u.what, sum(u.usd)
FROM gold.customer_360, LATERAL (SELECT unnest(['outstanding', 'overdue', 'not due']) AS what, unnest([outstanding_usd, overdue_usd, outstanding_usd - overdue_usd]) AS usd) u
WHERE u.usd > 0 GROUP BY ALL
