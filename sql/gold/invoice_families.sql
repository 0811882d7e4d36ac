-- grain: invoice x product family of its lines
-- key: invoice_id, product_family
-- storage: partitioned
--
-- What the lines of an invoice that counts (receivable, dated) bill for each product family,
-- tax left out. USD amounts of lines are NULL where the invoice's own currency has no rate,
-- whatever its lines say. Currency and rate are given from the least to the greatest, so
-- that sums can tell whether they mix.
WITH line AS (
  SELECT l.invoice_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, i.account_id, i.invoice_date,
         l.line_amount, CASE WHEN i.net_usd IS NOT NULL OR i.net_amount IS NULL THEN l.line_amount_usd END AS line_amount_usd,
         coalesce(l.currency_iso_code, i.currency_iso_code, '') AS currency, coalesce(i.currency_iso_code, '') AS invoice_currency, l.fx_rate,
         CAST(l.quantity * CAST(p.standard_cost_usd AS DOUBLE) AS DECIMAL(18,6)) AS cost_usd,
         CASE WHEN list_contains(param_list('invoices.recurring_charge_types'), lower(l.charge_type)) THEN 'recurring'
              WHEN list_contains(param_list('invoices.usage_charge_types'), lower(l.charge_type)) THEN 'usage' ELSE 'one_time' END AS kind
  FROM silver.invoice_line l
  JOIN gold.invoices i ON i.invoice_id = l.invoice_id
  LEFT JOIN silver.product p ON p.product_id = l.product_id
  WHERE i.is_receivable AND i.invoice_date IS NOT NULL
    AND NOT coalesce(list_contains(param_list('invoices.tax_charge_types'), lower(l.charge_type)), false)
)
SELECT invoice_id, product_family, min(account_id) AS account_id, CAST(date_trunc('month', min(invoice_date)) AS DATE) AS month_start,
       sum(line_amount) AS amount, sum(line_amount_usd) AS amount_usd,
       sum(line_amount_usd) FILTER (WHERE kind = 'recurring') AS recurring_usd, sum(line_amount_usd) FILTER (WHERE kind = 'usage') AS usage_usd,
       sum(line_amount_usd) FILTER (WHERE kind = 'one_time') AS one_time_usd,
       count(*) AS lines, count(cost_usd) AS costed_lines, sum(cost_usd) AS cost_usd,
       min(currency) AS currency_from, max(currency) AS currency_to, min(fx_rate) AS fx_rate_from, max(fx_rate) AS fx_rate_to,
       count(*) FILTER (WHERE line_amount IS NOT NULL AND line_amount_usd IS NULL) AS fx_missing_count,
       bool_and(currency = invoice_currency) AS is_in_invoice_currency
FROM line
GROUP BY invoice_id, product_family
