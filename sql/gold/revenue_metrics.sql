-- grain: account x product family x month, in USD only
-- key: month_start, account_id, product_family
-- storage: single
--
-- revenue_usd is what was invoiced net of tax in the month, less the credits issued in it:
-- recurring_usd + usage_usd + one_time_usd + what no line explains, - credited_usd.
-- Invoices count by invoice date, at the rate of that date; cancelled, rebilled and unissued
-- ones do not. The net amount of the invoice is what counts: what its lines do not add up to
-- (a line whose amount is missing, no lines at all) stands under UNKNOWN. An invoice whose
-- own currency has no rate is not valued, whatever its lines say. A credit is reduced to
-- its net part (net / total of its invoice), so that a credit of a whole invoice leaves
-- nothing. Credits and payments are spread over the product families of their invoice in
-- proportion to its lines, exact to the cent; paid_usd is cash (tax included).
--
-- revenue_source: invoices, or won_opportunities for an account that no billing system
-- knows, in a region whose invoices are absent or cover less than
-- revenue.min_account_coverage of its accounts. The two are never mixed for an account.
--
-- cost_usd is standard cost x quantity and NULL unless every line has a standard cost;
-- cost_to_serve_usd is NULL: no source records handling hours. gross_margin_usd is revenue
-- less the costs known. Amounts without a rate are counted in fx_missing_count, never 0.
WITH invoice AS (
  SELECT invoice_id, account_id, date_trunc('month', invoice_date) AS month_start, currency_iso_code, fx_rate, net_amount, net_usd, total_amount
  FROM gold.invoices WHERE is_receivable AND invoice_date IS NOT NULL
), line AS (
  SELECT l.invoice_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, lower(l.charge_type) AS charge_type,
         l.line_amount, CASE WHEN i.net_usd IS NOT NULL OR i.net_amount IS NULL THEN l.line_amount_usd END AS line_amount_usd,
         coalesce(l.currency_iso_code, i.currency_iso_code) AS currency_iso_code, l.fx_rate,
         CAST(l.quantity * CAST(p.standard_cost_usd AS DOUBLE) AS DECIMAL(18,6)) AS cost_usd
  FROM silver.invoice_line l
  JOIN invoice i ON i.invoice_id = l.invoice_id
  LEFT JOIN silver.product p ON p.product_id = l.product_id
  WHERE NOT coalesce(list_contains(param_list('invoices.tax_charge_types'), lower(l.charge_type)), false)
), explained AS (
  SELECT l.invoice_id, coalesce(sum(l.line_amount), 0) AS amount, bool_and(l.currency_iso_code IS NOT DISTINCT FROM i.currency_iso_code) AS is_comparable
  FROM line l JOIN invoice i ON i.invoice_id = l.invoice_id
  GROUP BY l.invoice_id
), billed AS (
  SELECT i.month_start, i.account_id, l.product_family, l.line_amount AS amount, l.line_amount_usd AS amount_usd, l.currency_iso_code, l.fx_rate, l.cost_usd,
         CASE WHEN list_contains(param_list('invoices.recurring_charge_types'), l.charge_type) THEN 'recurring'
              WHEN list_contains(param_list('invoices.usage_charge_types'), l.charge_type) THEN 'usage' ELSE 'one_time' END AS kind
  FROM line l JOIN invoice i ON i.invoice_id = l.invoice_id
  UNION ALL
  SELECT i.month_start, i.account_id, 'UNKNOWN', i.net_amount - coalesce(x.amount, 0), usd(i.net_amount - coalesce(x.amount, 0), i.fx_rate),
         i.currency_iso_code, NULL, NULL, 'unexplained'
  FROM invoice i LEFT JOIN explained x ON x.invoice_id = i.invoice_id
  WHERE i.net_amount IS NOT NULL AND (x.invoice_id IS NULL OR x.is_comparable AND x.amount <> i.net_amount)
), billed_month AS (
  SELECT month_start, account_id, product_family,
         sum(amount_usd) AS billed_usd,
         sum(amount_usd) FILTER (WHERE kind = 'recurring') AS recurring_usd, sum(amount_usd) FILTER (WHERE kind = 'usage') AS usage_usd,
         sum(amount_usd) FILTER (WHERE kind = 'one_time') AS one_time_usd,
         CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END AS cost_usd,
         CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN sum(amount) END AS revenue_original,
         CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN min(currency_iso_code) END AS original_currency,
         CASE WHEN min(fx_rate) = max(fx_rate) THEN min(fx_rate) END AS fx_rate,
         count(*) FILTER (WHERE amount IS NOT NULL AND amount_usd IS NULL) AS fx_missing
  FROM billed GROUP BY month_start, account_id, product_family
),

-- How an invoice divides over product families: from a share of its lines to a share,
-- cumulated, so that amounts spread over it round to the whole.
family AS (
  SELECT invoice_id, product_family, sum(line_amount) AS amount FROM line GROUP BY invoice_id, product_family HAVING sum(line_amount) > 0
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
  SELECT date_trunc('month', e.booked_on) AS month_start, e.account_id, coalesce(s.product_family, 'UNKNOWN') AS product_family, e.kind, e.amount,
         CASE WHEN s.invoice_id IS NULL THEN e.amount_usd
              ELSE CAST(round(CAST(e.amount_usd AS DOUBLE) * s.share_to, 2) AS DECIMAL(18,2)) - CAST(round(CAST(e.amount_usd AS DOUBLE) * s.share_from, 2) AS DECIMAL(18,2)) END AS amount_usd
  FROM entry e LEFT JOIN share s ON s.invoice_id = e.invoice_id
), spread_month AS (
  SELECT month_start, account_id, product_family,
         sum(amount_usd) FILTER (WHERE kind = 'paid') AS paid_usd, sum(amount_usd) FILTER (WHERE kind = 'credited') AS credited_usd,
         count(*) FILTER (WHERE kind = 'paid' AND amount IS NOT NULL AND amount_usd IS NULL) AS paid_fx_missing,
         count(*) FILTER (WHERE kind = 'credited' AND amount IS NOT NULL AND amount_usd IS NULL) AS credited_fx_missing
  FROM spread GROUP BY month_start, account_id, product_family
), invoiced AS (
  SELECT coalesce(b.month_start, s.month_start) AS month_start, coalesce(b.account_id, s.account_id) AS account_id, coalesce(b.product_family, s.product_family) AS product_family,
         CASE WHEN coalesce(b.fx_missing, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.billed_usd, 0) - coalesce(s.credited_usd, 0) END AS revenue_usd,
         CASE WHEN coalesce(b.fx_missing, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.recurring_usd, 0) END AS recurring_usd,
         CASE WHEN coalesce(b.fx_missing, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.usage_usd, 0) END AS usage_usd,
         CASE WHEN coalesce(b.fx_missing, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.one_time_usd, 0) END AS one_time_usd,
         CASE WHEN coalesce(s.credited_fx_missing, 0) = 0 OR s.credited_usd IS NOT NULL THEN coalesce(s.credited_usd, 0) END AS credited_usd,
         CASE WHEN coalesce(s.paid_fx_missing, 0) = 0 OR s.paid_usd IS NOT NULL THEN coalesce(s.paid_usd, 0) END AS paid_usd,
         b.cost_usd, b.revenue_original, b.original_currency, b.fx_rate,
         coalesce(b.fx_missing, 0) + coalesce(s.credited_fx_missing, 0) + coalesce(s.paid_fx_missing, 0) AS fx_missing_count,
         'invoices' AS revenue_source
  FROM billed_month b
  FULL JOIN spread_month s ON s.month_start = b.month_start AND s.account_id = b.account_id AND s.product_family = b.product_family
),

-- Fallback: bookings of accounts without any bill.
covered_region AS (
  SELECT source_region FROM ops.source_coverage
  WHERE silver_table = 'invoice' AND is_available AND coalesce(account_coverage, 1) >= param('revenue.min_account_coverage')
  GROUP BY source_region
), unbilled AS (
  SELECT a.account_id FROM silver.account a
  WHERE NOT EXISTS (SELECT 1 FROM gold.invoices i WHERE i.account_id = a.account_id)
    AND NOT EXISTS (SELECT 1 FROM silver.billing_account b WHERE b.account_id = a.account_id)
    AND NOT EXISTS (SELECT 1 FROM covered_region c WHERE c.source_region = a.source_region)
), won AS (
  SELECT o.opportunity_id, o.account_id, CAST(date_trunc('month', coalesce(day_of(o.closed_at), o.close_date)) AS DATE) AS month_start,
         o.amount, o.deal_value_usd AS amount_usd, o.currency_iso_code, o.fx_rate
  FROM gold.opportunities o JOIN unbilled u ON u.account_id = o.account_id
  WHERE o.is_won AND coalesce(day_of(o.closed_at), o.close_date) <= as_of()
), won_family AS (
  SELECT l.opportunity_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, sum(l.total_price) AS amount
  FROM silver.opportunity_line_item l
  JOIN won w ON w.opportunity_id = l.opportunity_id
  LEFT JOIN silver.product p ON p.product_id = l.product_id
  GROUP BY l.opportunity_id, coalesce(p.product_family, 'UNKNOWN') HAVING sum(l.total_price) > 0
), won_share AS (
  SELECT opportunity_id, product_family,
         CAST(sum(amount) OVER (PARTITION BY opportunity_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) - amount AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY opportunity_id) AS DOUBLE) AS share_from,
         CAST(sum(amount) OVER (PARTITION BY opportunity_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY opportunity_id) AS DOUBLE) AS share_to
  FROM won_family
), booked AS (
  SELECT w.month_start, w.account_id, coalesce(s.product_family, 'UNKNOWN') AS product_family, w.currency_iso_code, w.fx_rate, w.amount IS NOT NULL AND w.amount_usd IS NULL AS is_fx_missing,
         CAST(round(CAST(w.amount AS DOUBLE) * coalesce(s.share_to, 1), 2) AS DECIMAL(18,2)) - CAST(round(CAST(w.amount AS DOUBLE) * coalesce(s.share_from, 0), 2) AS DECIMAL(18,2)) AS amount,
         CAST(round(CAST(w.amount_usd AS DOUBLE) * coalesce(s.share_to, 1), 2) AS DECIMAL(18,2)) - CAST(round(CAST(w.amount_usd AS DOUBLE) * coalesce(s.share_from, 0), 2) AS DECIMAL(18,2)) AS amount_usd
  FROM won w LEFT JOIN won_share s ON s.opportunity_id = w.opportunity_id
), fallback AS (
  SELECT month_start, account_id, product_family, sum(amount_usd) AS revenue_usd,
         CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN sum(amount) END AS revenue_original,
         CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN min(currency_iso_code) END AS original_currency,
         CASE WHEN min(fx_rate) = max(fx_rate) THEN min(fx_rate) END AS fx_rate,
         count(*) FILTER (WHERE is_fx_missing) AS fx_missing_count
  FROM booked GROUP BY month_start, account_id, product_family
), combined AS (
  SELECT month_start, account_id, product_family, revenue_usd, recurring_usd, usage_usd, one_time_usd, credited_usd, paid_usd, cost_usd,
         revenue_original, original_currency, fx_rate, fx_missing_count, revenue_source
  FROM invoiced
  UNION ALL
  SELECT month_start, account_id, product_family, revenue_usd, NULL, NULL, NULL, NULL, NULL, NULL,
         revenue_original, original_currency, fx_rate, fx_missing_count, 'won_opportunities'
  FROM fallback
)
SELECT CAST(c.month_start AS DATE) AS month_start, c.account_id, a.master_account_id, c.product_family, coalesce(a.region, 'UNKNOWN') AS region,
       'USD' AS currency, c.revenue_usd, c.recurring_usd, c.usage_usd, c.one_time_usd, c.credited_usd, c.paid_usd,
       c.cost_usd, CAST(NULL AS DECIMAL(18,2)) AS cost_to_serve_usd, c.revenue_usd - c.cost_usd AS gross_margin_usd,
       c.revenue_source, c.revenue_original, c.original_currency, c.fx_rate,
       last_day(CAST(c.month_start AS DATE)) <= as_of() AS is_closed_month, c.fx_missing_count
FROM combined c LEFT JOIN gold.account_members a ON a.account_id = c.account_id
