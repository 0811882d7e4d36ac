-- check: accepted_values
-- severity: error
-- table: gold.customer_360
-- about: Columns with a fixed vocabulary hold nothing else. A new value means that a model and its readers
-- (reports, alerts) no longer agree.
SELECT column_name, accepted_value AS found, count(*) AS row_count
FROM (
  SELECT 'mrr_monthly.mrr_source' AS column_name, mrr_source AS accepted_value, mrr_source IN ('asset_state_period', 'subscription', 'asset', 'contract', 'invoice') AS is_accepted FROM gold.mrr_monthly
  UNION ALL SELECT 'revenue_metrics.revenue_source', revenue_source, revenue_source IN ('invoices', 'won_opportunities') FROM gold.revenue_metrics
  UNION ALL SELECT 'contracts.renewal_outcome', renewal_outcome, renewal_outcome IS NULL OR renewal_outcome IN ('renewed', 'lost', 'pending', 'open') FROM gold.contracts
  UNION ALL SELECT 'ar_aging.payment_risk', payment_risk, payment_risk IN ('HIGH', 'MEDIUM', 'LOW') FROM gold.ar_aging
  UNION ALL SELECT 'customer_360.payment_risk', payment_risk, payment_risk IS NULL OR payment_risk IN ('HIGH', 'MEDIUM', 'LOW') FROM gold.customer_360
  UNION ALL SELECT 'customer_360.customer_status', customer_status, customer_status IN ('active', 'former', 'prospect') FROM gold.customer_360 WHERE master_account_id IS NOT NULL
  UNION ALL SELECT 'invoices.fx_status', fx_status, fx_status IN ('dated', 'prior', 'static', 'identity', 'missing') OR total_amount IS NULL FROM gold.invoices
  UNION ALL SELECT 'opportunities.fx_status', fx_status, fx_status IN ('dated', 'prior', 'static', 'identity', 'missing') OR amount IS NULL FROM gold.opportunities
  UNION ALL SELECT 'fx_rates.fx_status', fx_status, fx_status IN ('dated', 'prior', 'static', 'identity') FROM gold.fx_rates
)
WHERE NOT coalesce(is_accepted, false) GROUP BY column_name, accepted_value
