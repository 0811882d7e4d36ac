-- check: retention_of_customers
-- severity: error
-- table: gold.customer_retention
-- about: The customers of customer_retention are the cohort of retention_monthly for the last closed month over a
-- year, as many and with the same MRR then and now. If not, segments and the group tell different retention.
WITH customer AS (
  SELECT count(*) AS customers, count(*) FILTER (WHERE is_retained) AS retained, sum(opening_mrr_usd) AS opening_usd, sum(closing_mrr_usd) AS closing_usd
  FROM gold.customer_retention
), total AS (
  SELECT sum(opening_customers) AS customers, sum(retained_customers) AS retained, sum(opening_mrr_usd) AS opening_usd, sum(closing_cohort_mrr_usd) AS closing_usd
  FROM gold.retention_monthly WHERE dimension = 'all' AND window_months = 12 AND month_start = closed_month()
)
SELECT c.customers, t.customers AS customers_of_month, c.opening_usd, t.opening_usd AS opening_of_month
FROM customer c CROSS JOIN total t
WHERE c.customers <> coalesce(t.customers, 0) OR c.retained <> coalesce(t.retained, 0)
   OR coalesce(c.opening_usd, 0) <> coalesce(t.opening_usd, 0) OR coalesce(c.closing_usd, 0) <> coalesce(t.closing_usd, 0)
