-- check: revenue_in_usd
-- severity: error
-- table: gold.revenue_metrics
-- about: Revenue is stated in USD only. Another currency means that a model adds amounts which were not
-- converted; correct sql/gold/revenue_metrics.sql.
SELECT month_start, account_id, product_family, currency FROM gold.revenue_metrics WHERE currency IS DISTINCT FROM 'USD'
