-- grain: account x product family it has
-- key: account_id, product_family
-- storage: single
--
-- What an account has: families with an active service or recurring revenue, and families
-- it bought outside contracts in the last affinity.order_months months. A service that ended
-- is no longer had, whatever was ordered for it.
WITH service AS (
  SELECT account_id, product_family, CAST(NULL AS DECIMAL(18,2)) AS mrr_usd FROM gold.services WHERE is_active
  UNION ALL
  SELECT account_id, product_family, mrr_usd FROM gold.mrr_monthly WHERE month_start = date_trunc('month', as_of())
), bought AS (
  SELECT o.account_id, coalesce(p.product_family, i.product_category) AS product_family,
         CAST(round(CAST(sum(i.line_amount_usd) FILTER (WHERE o.ordered_on > months_before(as_of(), 12)) AS DOUBLE) / 12, 2) AS DECIMAL(18,2)) AS monthly_usd
  FROM gold.purchase_orders o
  JOIN silver.order_item i ON i.order_id = o.order_id
  LEFT JOIN silver.product p ON p.product_id = i.product_id
  WHERE o.ordered_on > months_before(as_of(), param('affinity.order_months'))
  GROUP BY o.account_id, coalesce(p.product_family, i.product_category)
), held AS (
  SELECT account_id, product_family, sum(mrr_usd) AS mrr_usd, NULL AS monthly_usd, true AS is_service FROM service GROUP BY account_id, product_family
  UNION ALL
  SELECT account_id, product_family, NULL, monthly_usd, false FROM bought
), summed AS (
  SELECT account_id, product_family, sum(mrr_usd) AS mrr_usd, sum(monthly_usd) AS monthly_usd, bool_or(is_service) AS has_service FROM held
  WHERE product_family IS NOT NULL AND product_family <> 'UNKNOWN'
  GROUP BY account_id, product_family
)
SELECT s.account_id, m.master_account_id, s.product_family, coalesce(s.mrr_usd, s.monthly_usd) AS monthly_value_usd, s.has_service
FROM summed s JOIN gold.account_members m ON m.account_id = s.account_id
