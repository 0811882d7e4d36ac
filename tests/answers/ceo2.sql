-- Accounts with a revenue history, by region and by the product families they use, and between
-- what their mean value must lie: what they have paid so far, and that and sixty months of what they pay now.
WITH worth AS (
  SELECT p.account, p.usd AS past, 60 * greatest(p.recent / 12, coalesce(m.usd, 0)) AS future
  FROM (SELECT account, sum(usd) AS usd, coalesce(sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 12 MONTH), 0) AS recent FROM flow GROUP BY account) p
  LEFT JOIN (SELECT r.account, sum(r.monthly / n.rate) AS usd FROM recurring r JOIN rate_now n USING (ccy) WHERE r.since <= as_of_day() AND (r.until IS NULL OR r.until >= as_of_day()) GROUP BY r.account) m USING (account)
), place AS (
  SELECT 'region ' || c.region AS what, w.* FROM worth w JOIN company c USING (account)
  UNION ALL
  SELECT 'family ' || v.family, w.* FROM worth w SEMI JOIN company c USING (account) JOIN (
    SELECT DISTINCT s.account, coalesce(p.family, 'UNKNOWN') AS family FROM service s JOIN installed i USING (service) LEFT JOIN item p USING (product)
    WHERE s.since <= as_of_day() AND (s.until IS NULL OR s.until >= as_of_day()) AND s.status <> 'Ordered') v ON v.account = w.account
)
SELECT p.what, count(*) FROM place p GROUP BY p.what
UNION ALL SELECT p.what || ' within bounds', CAST(any_value(a.avg_clv_usd) BETWEEN sum(past) / count(*) AND sum(past + future) / count(*) AS INTEGER) FROM place p
JOIN answer a ON p.what = CASE a.dimension WHEN 'region' THEN 'region ' ELSE 'family ' END || a.dimension_value GROUP BY p.what
-- answer
WITH named AS (SELECT CASE dimension WHEN 'region' THEN 'region ' ELSE 'family ' END || dimension_value AS what, accounts FROM answer)
SELECT what, accounts FROM named UNION ALL SELECT what || ' within bounds', 1 FROM named
