-- check: retention_bounds
-- severity: error
-- table: gold.retention_monthly
-- about: 0 <= GRR <= min(1, NRR), customer retention <= 1 and no more customers retained than there were; the
-- customers of the regions and of the segments sum to those of the row ALL. If not, the cohort is not closed.
WITH part AS (
  SELECT month_start, window_months, dimension, sum(opening_customers) AS customers, sum(opening_mrr_usd) AS opening_usd, sum(closing_cohort_mrr_usd) AS closing_usd
  FROM gold.retention_monthly WHERE dimension IN ('region', 'segment')
  GROUP BY month_start, window_months, dimension
)
SELECT month_start, dimension, dimension_value, window_months, nrr, grr, logo_retention
FROM gold.retention_monthly
WHERE grr < 0 OR grr > 1 OR grr > nrr OR logo_retention < 0 OR logo_retention > 1 OR retained_customers > opening_customers
   OR retained_capped_mrr_usd > opening_mrr_usd OR (opening_mrr_usd > 0) <> (nrr IS NOT NULL)
UNION ALL
SELECT p.month_start, p.dimension, 'sum', p.window_months, CAST(p.closing_usd AS DOUBLE), CAST(p.opening_usd AS DOUBLE), CAST(p.customers AS DOUBLE)
FROM part p LEFT JOIN gold.retention_monthly t ON t.month_start = p.month_start AND t.window_months = p.window_months AND t.dimension = 'all'
WHERE p.customers IS DISTINCT FROM t.opening_customers OR p.opening_usd IS DISTINCT FROM t.opening_mrr_usd OR p.closing_usd IS DISTINCT FROM t.closing_cohort_mrr_usd
