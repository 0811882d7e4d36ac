-- grain: account with invoices, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- What was owed customer_360.compare_days ago, at today's rate, so that the change is not one
-- of rates.
WITH then_invoice AS (
  SELECT g.account_id, g.invoice_id, g.total_amount, g.as_of_fx_rate
  FROM gold.invoices g JOIN silver.invoice i ON i.invoice_id = g.invoice_id
  WHERE g.invoice_date <= days_before(as_of(), param('customer_360.compare_days'))
    AND (g.is_receivable OR i.cancelled_on > days_before(as_of(), param('customer_360.compare_days')))
), entry AS (
  SELECT invoice_id, currency_iso_code, applied_amount AS amount, applied_amount_usd AS amount_usd FROM silver.payment
  WHERE applied_on <= days_before(as_of(), param('customer_360.compare_days')) AND NOT has_item(param_list('invoices.void_payment_statuses'), lower(status))
  UNION ALL
  SELECT invoice_id, currency_iso_code, amount, amount_usd FROM silver.credit_memo WHERE applied_on <= days_before(as_of(), param('customer_360.compare_days'))
), settled AS (
  -- In the currency of the invoice, as invoices has it.
  SELECT e.invoice_id, sum(CASE WHEN e.currency_iso_code IS NULL OR e.currency_iso_code = i.currency_iso_code THEN e.amount
                                ELSE CAST(round(CAST(e.amount_usd AS DOUBLE) * i.fx_rate, 2) AS DECIMAL(18,2)) END) AS amount
  FROM entry e JOIN gold.invoices i ON i.invoice_id = e.invoice_id
  GROUP BY e.invoice_id
)
SELECT i.account_id, sum(usd(greatest(i.total_amount - coalesce(s.amount, 0), 0), i.as_of_fx_rate)) AS outstanding_usd
FROM then_invoice i LEFT JOIN settled s ON s.invoice_id = i.invoice_id
GROUP BY i.account_id
