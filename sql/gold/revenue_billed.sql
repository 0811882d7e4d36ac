-- grain: account x product family x month with invoices
-- key: month_start, account_id, product_family
-- storage: partitioned
--
-- What was invoiced net of tax: by the lines, and under UNKNOWN what an invoice's lines do
-- not add up to. Lines in another currency than their invoice cannot be held against it.
WITH explained AS (
  SELECT invoice_id, coalesce(sum(amount), 0) AS amount, bool_and(is_in_invoice_currency) AS is_comparable
  FROM gold.invoice_families GROUP BY invoice_id
), unexplained AS (
  SELECT CAST(date_trunc('month', i.invoice_date) AS DATE) AS month_start, i.account_id, i.net_amount - coalesce(x.amount, 0) AS amount,
         usd(i.net_amount - coalesce(x.amount, 0), i.fx_rate) AS amount_usd, coalesce(i.currency_iso_code, '') AS currency
  FROM gold.invoices i LEFT JOIN explained x ON x.invoice_id = i.invoice_id
  WHERE i.is_receivable AND i.invoice_date IS NOT NULL AND i.net_amount IS NOT NULL
    AND (x.invoice_id IS NULL OR x.is_comparable AND x.amount <> i.net_amount)
), billed AS (
  SELECT month_start, account_id, product_family, amount, amount_usd, recurring_usd, usage_usd, one_time_usd, lines, costed_lines, cost_usd,
         currency_from, currency_to, fx_rate_from, fx_rate_to, fx_missing_count
  FROM gold.invoice_families
  UNION ALL
  SELECT month_start, account_id, 'UNKNOWN', amount, amount_usd, NULL, NULL, NULL, 1, 0, NULL,
         currency, currency, NULL, NULL, CASE WHEN amount_usd IS NULL THEN 1 ELSE 0 END
  FROM unexplained
)
SELECT month_start, account_id, product_family,
       sum(amount_usd) AS billed_usd, sum(recurring_usd) AS recurring_usd, sum(usage_usd) AS usage_usd, sum(one_time_usd) AS one_time_usd,
       CASE WHEN sum(lines) = sum(costed_lines) THEN sum(cost_usd) END AS cost_usd,
       CASE WHEN min(currency_from) = max(currency_to) THEN sum(amount) END AS revenue_original,
       CASE WHEN min(currency_from) = max(currency_to) THEN nullif(min(currency_from), '') END AS original_currency,
       CASE WHEN min(fx_rate_from) = max(fx_rate_to) THEN min(fx_rate_from) END AS fx_rate,
       sum(fx_missing_count) AS fx_missing_count
FROM billed
GROUP BY month_start, account_id, product_family
