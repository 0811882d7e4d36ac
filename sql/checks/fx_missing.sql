-- check: fx_missing
-- severity: warning
-- table: silver.exchange_rate
-- about: Amounts whose currency has no rate; they are NULL in USD and left out of every total. Load rates for
-- the currency (row_count says how many records), or correct its code in the source.
SELECT table_name, coalesce(currency_iso_code, '') AS currency_iso_code, count(*) AS row_count
FROM (
  SELECT 'opportunity' AS table_name, currency_iso_code FROM silver.opportunity WHERE amount IS NOT NULL AND amount_usd IS NULL
  UNION ALL SELECT 'contract' AS table_name, currency_iso_code FROM silver.contract WHERE total_value IS NOT NULL AND total_value_usd IS NULL
  UNION ALL SELECT 'order' AS table_name, currency_iso_code FROM silver."order" WHERE amount IS NOT NULL AND amount_usd IS NULL
  UNION ALL SELECT 'invoice' AS table_name, currency_iso_code FROM silver.invoice WHERE total_amount IS NOT NULL AND total_amount_usd IS NULL
  UNION ALL SELECT 'invoice_line' AS table_name, currency_iso_code FROM silver.invoice_line WHERE line_amount IS NOT NULL AND line_amount_usd IS NULL
  UNION ALL SELECT 'payment' AS table_name, currency_iso_code FROM silver.payment WHERE applied_amount IS NOT NULL AND applied_amount_usd IS NULL
  UNION ALL SELECT 'credit_memo' AS table_name, currency_iso_code FROM silver.credit_memo WHERE amount IS NOT NULL AND amount_usd IS NULL
  UNION ALL SELECT 'billing_dispute' AS table_name, currency_iso_code FROM silver.billing_dispute WHERE disputed_amount IS NOT NULL AND disputed_amount_usd IS NULL
  UNION ALL SELECT 'mrr_monthly', currency_iso_code FROM gold.mrr_monthly WHERE fx_missing_count > 0
)
GROUP BY table_name, coalesce(currency_iso_code, '')
