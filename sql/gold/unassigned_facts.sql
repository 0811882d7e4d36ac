-- grain: source region x silver table
-- key: source_region, silver_table
-- storage: single
--
-- Facts whose account is unknown or missing. They are kept under UNASSIGNED-<region>, so
-- that totals are complete; this table counts them for the warning.
WITH fact AS (
  SELECT 'asset' AS silver_table, account_id, source_region, NULL AS amount_usd FROM silver.asset
  UNION ALL SELECT 'subscription', account_id, source_region, NULL FROM silver.subscription
  UNION ALL SELECT 'contract', account_id, source_region, total_value_usd FROM silver.contract
  UNION ALL SELECT 'opportunity', account_id, source_region, amount_usd FROM silver.opportunity
  UNION ALL SELECT 'order', account_id, source_region, amount_usd FROM silver."order"
  UNION ALL SELECT 'support_case', account_id, source_region, NULL FROM silver.support_case
  UNION ALL SELECT 'invoice', coalesce(i.account_id, b.account_id), i.source_region, i.total_amount_usd
    FROM silver.invoice i LEFT JOIN silver.billing_account b ON b.billing_account_id = i.billing_account_id
  UNION ALL SELECT 'billing_account', account_id, source_region, NULL FROM silver.billing_account
  UNION ALL SELECT 'credit_memo', coalesce(c.account_id, i.account_id, b.account_id), c.source_region, c.amount_usd
    FROM silver.credit_memo c LEFT JOIN silver.invoice i ON i.invoice_id = c.invoice_id LEFT JOIN silver.billing_account b ON b.billing_account_id = i.billing_account_id
  UNION ALL SELECT 'payment', coalesce(i.account_id, b.account_id), p.source_region, p.applied_amount_usd
    FROM silver.payment p LEFT JOIN silver.invoice i ON i.invoice_id = p.invoice_id
    LEFT JOIN silver.billing_account b ON b.billing_account_id = coalesce(p.billing_account_id, i.billing_account_id)
  UNION ALL SELECT 'billing_dispute', account_id, source_region, disputed_amount_usd FROM silver.billing_dispute
  UNION ALL SELECT 'price_change', account_id, source_region, NULL FROM silver.price_change
  UNION ALL SELECT 'usage_daily', account_id, source_region, NULL FROM silver.usage_daily
  UNION ALL SELECT 'activity', account_id, source_region, NULL FROM silver.activity
  UNION ALL SELECT 'communication', account_id, source_region, NULL FROM silver.communication
  UNION ALL SELECT 'survey_response', account_id, source_region, NULL FROM silver.survey_response
  UNION ALL SELECT 'process_event', account_id, source_region, NULL FROM silver.process_event
  UNION ALL SELECT 'end_user', account_id, source_region, NULL FROM silver.end_user
)
SELECT coalesce(f.source_region, 'UNKNOWN') AS source_region, f.silver_table, count(*) AS row_count, sum(f.amount_usd) AS amount_usd
FROM fact f
WHERE NOT EXISTS (SELECT 1 FROM silver.account a WHERE a.account_id = f.account_id)
GROUP BY coalesce(f.source_region, 'UNKNOWN'), f.silver_table
