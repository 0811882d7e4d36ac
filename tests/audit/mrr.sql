-- F01: MRR at the as-of of the accounts on each rung, from that rung's records; active services (F10).
WITH rung AS (
  SELECT left(account_id, 15) AS account, min(mrr_source) AS rung FROM gold.mrr_monthly GROUP BY ALL
), amount AS (
  SELECT 'asset_state_period' AS rung, s.account, p.monthly, p.ccy, p.since, p.until FROM service_state p JOIN service s USING (service) WHERE s.status <> 'Ordered'
  UNION ALL SELECT 'subscription', account, monthly, ccy, since, until FROM charge
  UNION ALL SELECT 'asset', account, monthly, ccy, since, until FROM service WHERE recurring AND status <> 'Ordered'
  UNION ALL SELECT 'invoice', b.account, l.amount / round((l.until - l.since + 1) / 30.4375), l.ccy, l.since, l.until
  FROM bill_line l JOIN bill b USING (bill) WHERE l.kind = 'Recurring' AND b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day())
)
SELECT g.rung, sum(round(x.monthly / r.rate, 2))
FROM amount x JOIN rung g ON g.account = x.account AND g.rung = x.rung JOIN rate_now r ON r.ccy = x.ccy
WHERE x.since <= as_of_day() AND (x.until IS NULL OR x.until >= as_of_day()) GROUP BY ALL
UNION ALL
SELECT 'services', count(*) FROM service WHERE since <= as_of_day() AND (until IS NULL OR until >= as_of_day()) AND status <> 'Ordered'
-- gold
SELECT g.mrr_source, sum(c.mrr_usd) FROM gold.customer_360 c JOIN (SELECT account_id, min(mrr_source) AS mrr_source FROM gold.mrr_monthly GROUP BY ALL) g USING (account_id)
WHERE g.mrr_source <> 'contract' GROUP BY ALL
UNION ALL SELECT 'services', sum(active_services) FROM gold.customer_360
