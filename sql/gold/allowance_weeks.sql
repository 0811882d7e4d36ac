-- grain: service with an allowance x usage type x week
-- key: account_id, asset_id, product_id, usage_type, weeks_ago
-- storage: single
--
-- How much of its allowance a service used in each of the last four weeks (seven days each,
-- counted back from the as-of). Allowances are per calendar month; a week's part is that of
-- the month its last day is in. A week without any use has no row.
WITH used AS (
  SELECT account_id, coalesce(asset_id, '') AS asset_id, coalesce(product_id, '') AS product_id, usage_type, days_between(usage_date, as_of()) // 7 AS weeks_ago,
         CAST(sum(exact(greatest(quantity, 0))) AS DOUBLE) AS quantity, max(allowance) AS allowance
  FROM silver.usage_daily
  WHERE usage_date > days_before(as_of(), 28) AND usage_date <= as_of() AND quantity IS NOT NULL
  GROUP BY account_id, coalesce(asset_id, ''), coalesce(product_id, ''), usage_type, days_between(usage_date, as_of()) // 7
), weekly AS (
  SELECT *, allowance * 7 / day(last_day(as_of() - CAST(7 * weeks_ago AS INTEGER))) AS allowance_week FROM used WHERE allowance > 0
)
SELECT w.account_id, w.asset_id, w.product_id, w.usage_type, w.weeks_ago, coalesce(p.product_family, q.product_family, 'UNKNOWN') AS product_family,
       w.quantity, w.allowance_week, w.quantity / w.allowance_week AS utilization
FROM weekly w
JOIN gold.account_members m ON m.account_id = w.account_id
LEFT JOIN silver.product p ON p.product_id = w.product_id
LEFT JOIN silver.asset a ON a.asset_id = w.asset_id
LEFT JOIN silver.product q ON q.product_id = a.product_id
