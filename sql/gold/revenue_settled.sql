-- grain: account x product family x month with payments or credits
-- key: month_start, account_id, product_family
-- storage: partitioned
--
-- What was paid (tax included) and credited. Both are spread over the product families of
-- their invoice in proportion to its lines, exact to the cent: from a share of its lines to
-- a share, cumulated, so that the parts round to the whole. A credit is reduced to its net
-- part (net / total of its invoice).
WITH family AS (
  SELECT invoice_id, product_family, amount FROM gold.invoice_families WHERE amount > 0
), share AS (
  SELECT invoice_id, product_family,
         CAST(sum(amount) OVER (PARTITION BY invoice_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) - amount AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY invoice_id) AS DOUBLE) AS share_from,
         CAST(sum(amount) OVER (PARTITION BY invoice_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY invoice_id) AS DOUBLE) AS share_to
  FROM family
), entry AS (
  SELECT coalesce(i.account_id, b.account_id, unassigned(p.source_region)) AS account_id, p.invoice_id, p.applied_on AS booked_on, 'paid' AS kind,
         p.applied_amount AS amount, p.applied_amount_usd AS amount_usd
  FROM silver.payment p
  LEFT JOIN gold.invoices i ON i.invoice_id = p.invoice_id
  LEFT JOIN (SELECT x.billing_account_id, a.account_id FROM silver.billing_account x JOIN gold.account_members a ON a.account_id = x.account_id) b ON b.billing_account_id = p.billing_account_id
  WHERE p.applied_on <= as_of() AND NOT coalesce(list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)), false)
  UNION ALL
  SELECT coalesce(i.account_id, a.account_id, unassigned(c.source_region)), c.invoice_id, coalesce(c.issued_on, c.applied_on), 'credited', c.amount,
         CASE WHEN i.net_amount > 0 AND i.total_amount > 0
              THEN CAST(round(CAST(c.amount_usd AS DOUBLE) * CAST(i.net_amount AS DOUBLE) / CAST(i.total_amount AS DOUBLE), 2) AS DECIMAL(18,2))
              ELSE c.amount_usd END
  FROM silver.credit_memo c
  LEFT JOIN gold.invoices i ON i.invoice_id = c.invoice_id
  LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  WHERE coalesce(c.issued_on, c.applied_on) <= as_of() AND coalesce(i.is_receivable, true)
), spread AS (
  SELECT CAST(date_trunc('month', e.booked_on) AS DATE) AS month_start, e.account_id, coalesce(s.product_family, 'UNKNOWN') AS product_family, e.kind, e.amount,
         CASE WHEN s.invoice_id IS NULL THEN e.amount_usd
              ELSE CAST(round(CAST(e.amount_usd AS DOUBLE) * s.share_to, 2) AS DECIMAL(18,2)) - CAST(round(CAST(e.amount_usd AS DOUBLE) * s.share_from, 2) AS DECIMAL(18,2)) END AS amount_usd
  FROM entry e LEFT JOIN share s ON s.invoice_id = e.invoice_id
)
SELECT month_start, account_id, product_family,
       sum(amount_usd) FILTER (WHERE kind = 'paid') AS paid_usd, sum(amount_usd) FILTER (WHERE kind = 'credited') AS credited_usd,
       count(*) FILTER (WHERE kind = 'paid' AND amount IS NOT NULL AND amount_usd IS NULL) AS paid_fx_missing,
       count(*) FILTER (WHERE kind = 'credited' AND amount IS NOT NULL AND amount_usd IS NULL) AS credited_fx_missing
FROM spread
GROUP BY month_start, account_id, product_family
