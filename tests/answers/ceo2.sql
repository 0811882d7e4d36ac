-- Accounts with a revenue history, by region, and between what their mean value must lie: what
-- they have paid so far, and that and sixty months of what they pay now.
SELECT c.region, count(DISTINCT f.account) FROM flow f JOIN company c USING (account) GROUP BY c.region
UNION ALL SELECT c.region || ' within bounds', 1 FROM flow f JOIN company c USING (account) GROUP BY c.region
-- answer
SELECT dimension_value, accounts FROM answer WHERE dimension = 'region'
UNION ALL
SELECT a.dimension_value || ' within bounds', CAST(a.avg_clv_usd BETWEEN b.past AND b.past + b.future AS INTEGER) FROM answer a JOIN (
  SELECT c.region, sum(p.usd) / count(*) AS past, 60 * sum(greatest(p.recent / 12, coalesce(m.usd, 0))) / count(*) AS future
  FROM (SELECT account, sum(usd) AS usd, coalesce(sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 12 MONTH), 0) AS recent FROM flow GROUP BY account) p JOIN company c USING (account)
  LEFT JOIN (SELECT r.account, sum(r.monthly / n.rate) AS usd FROM recurring r JOIN rate_now n USING (ccy) WHERE r.since <= as_of_day() AND (r.until IS NULL OR r.until >= as_of_day()) GROUP BY r.account) m USING (account)
  GROUP BY c.region) b ON b.region = a.dimension_value WHERE a.dimension = 'region'
