-- question: BC1 Overall customer retention rate across all regions and products
-- asked by: board chair
-- tables: gold.retention_monthly
-- variables: as_of
-- sources: silver.asset_state_period | silver.subscription | silver.asset | silver.contract | silver.invoice_line
-- columns: logo_retention percent, nrr percent, grr percent
-- empty: No customer had recurring revenue twelve months before the last closed month.
--
-- The twelve months to the end of the last closed month: of the customers with recurring revenue
-- then, how many still have any (logo), and how much of that revenue is there now with (NRR) and
-- without (GRR) growth of those that stayed.
SELECT dimension, dimension_value, opening_customers, logo_retention, nrr, grr
FROM gold.retention_monthly
WHERE month_start = date_trunc('month', getvariable('as_of') + INTERVAL 1 DAY) - INTERVAL 1 MONTH AND window_months = 12
  AND dimension IN ('all', 'region', 'product_family')
ORDER BY dimension, opening_mrr_usd DESC, dimension_value;
