-- check: revenue_conserved
-- severity: error
-- table: gold.revenue_metrics
-- about: What was invoiced in USD is in revenue, account by account: every line, and what the lines leave of
-- the invoice's net amount. If not, a join of sql/gold/revenue_metrics.sql loses or doubles lines.
WITH line AS (
  SELECT i.invoice_id, coalesce(sum(l.line_amount_usd), 0) AS amount_usd, coalesce(sum(l.line_amount), 0) AS amount,
         count(*) FILTER (WHERE coalesce(l.currency_iso_code, i.currency_iso_code) IS DISTINCT FROM i.currency_iso_code) AS foreign_lines
  FROM gold.invoices i JOIN silver.invoice_line l ON l.invoice_id = i.invoice_id
  WHERE i.is_receivable AND i.invoice_date IS NOT NULL AND NOT coalesce(list_contains(param_list('invoices.tax_charge_types'), lower(l.charge_type)), false)
  GROUP BY i.invoice_id
), billed AS (
  SELECT i.account_id,
         sum(CASE WHEN i.net_amount IS NOT NULL AND i.net_usd IS NULL THEN 0 WHEN l.invoice_id IS NULL THEN i.net_usd
                  WHEN i.net_amount IS NULL OR l.foreign_lines > 0 THEN l.amount_usd
                  ELSE l.amount_usd + usd(i.net_amount - l.amount, i.fx_rate) END) AS billed_usd
  FROM gold.invoices i LEFT JOIN line l ON l.invoice_id = i.invoice_id
  WHERE i.is_receivable AND i.invoice_date IS NOT NULL GROUP BY i.account_id
), stated AS (
  SELECT account_id, sum(revenue_usd + coalesce(credited_usd, 0)) AS billed_usd FROM gold.revenue_metrics WHERE revenue_source = 'invoices' GROUP BY account_id
)
SELECT coalesce(b.account_id, s.account_id) AS account_id, b.billed_usd, s.billed_usd AS stated_usd
FROM billed b FULL JOIN stated s ON s.account_id = b.account_id
WHERE coalesce(b.billed_usd, 0) <> coalesce(s.billed_usd, 0)
