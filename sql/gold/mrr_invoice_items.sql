-- grain: span of days over which the recurring bills of an account for one thing are of one amount
-- key: item_id
-- storage: single
--
-- Rung 5 of the ladder of mrr_items: recurring invoice lines, divided by the months of their
-- service period. Bills repeat: consecutive lines of one amount become one span.
WITH invoice_line AS (
  SELECT i.source_account_id AS account_id, l.source_region, l.invoice_line_id, l.asset_id, l.product_id,
         coalesce(l.currency_iso_code, i.currency_iso_code) AS currency_iso_code,
         l.service_period_start AS start_date, l.service_period_end AS end_date,
         CAST(CAST(l.line_amount AS DOUBLE) /
              CASE WHEN date_diff('day', l.service_period_start, l.service_period_end) + 1 >= 28
                   THEN round((date_diff('day', l.service_period_start, l.service_period_end) + 1) / 30.4375)
                   ELSE (date_diff('day', l.service_period_start, l.service_period_end) + 1) / 30.4375 END AS DECIMAL(18,6)) AS mrr
  FROM silver.invoice_line l
  JOIN gold.invoices i ON i.invoice_id = l.invoice_id
  WHERE i.is_receivable AND list_contains(param_list('invoices.recurring_charge_types'), lower(l.charge_type))
    AND l.line_amount IS NOT NULL AND l.service_period_end >= l.service_period_start
), invoice_step AS (
  SELECT *, CASE WHEN start_date = lag(end_date) OVER w + 1 AND mrr = lag(mrr) OVER w THEN 0 ELSE 1 END AS is_first
  FROM invoice_line
  WINDOW w AS (PARTITION BY account_id, source_region, product_id, asset_id, currency_iso_code ORDER BY start_date, end_date, invoice_line_id)
), invoice_run AS (
  SELECT *, sum(is_first) OVER (PARTITION BY account_id, source_region, product_id, asset_id, currency_iso_code
                                ORDER BY start_date, end_date, invoice_line_id ROWS UNBOUNDED PRECEDING) AS run_no
  FROM invoice_step
)
SELECT account_id, source_region, min(invoice_line_id) AS item_id, asset_id,
       coalesce(asset_id, product_id, min(invoice_line_id)) AS service_id, product_id,
       min(start_date) AS start_date, max(end_date) AS end_date, min(mrr) AS mrr, currency_iso_code
FROM invoice_run
GROUP BY account_id, source_region, asset_id, product_id, currency_iso_code, run_no
