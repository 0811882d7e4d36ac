-- grain: account x product family x month, in USD only
-- key: month_start, account_id, product_family
-- storage: partitioned
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
WITH invoiced AS (
  SELECT coalesce(b.month_start, s.month_start) AS month_start, coalesce(b.account_id, s.account_id) AS account_id, coalesce(b.product_family, s.product_family) AS product_family,
         CASE WHEN coalesce(b.fx_missing_count, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.billed_usd, 0) - coalesce(s.credited_usd, 0) END AS revenue_usd,
         CASE WHEN coalesce(b.fx_missing_count, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.recurring_usd, 0) END AS recurring_usd,
         CASE WHEN coalesce(b.fx_missing_count, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.usage_usd, 0) END AS usage_usd,
         CASE WHEN coalesce(b.fx_missing_count, 0) = 0 OR b.billed_usd IS NOT NULL THEN coalesce(b.one_time_usd, 0) END AS one_time_usd,
         CASE WHEN coalesce(s.credited_fx_missing, 0) = 0 OR s.credited_usd IS NOT NULL THEN coalesce(s.credited_usd, 0) END AS credited_usd,
         CASE WHEN coalesce(s.paid_fx_missing, 0) = 0 OR s.paid_usd IS NOT NULL THEN coalesce(s.paid_usd, 0) END AS paid_usd,
         b.cost_usd, b.revenue_original, b.original_currency, b.fx_rate,
         coalesce(b.fx_missing_count, 0) + coalesce(s.credited_fx_missing, 0) + coalesce(s.paid_fx_missing, 0) AS fx_missing_count,
         'invoices' AS revenue_source
  FROM gold.revenue_billed b
  FULL JOIN gold.revenue_settled s ON s.month_start = b.month_start AND s.account_id = b.account_id AND s.product_family = b.product_family
), combined AS (
  SELECT month_start, account_id, product_family, revenue_usd, recurring_usd, usage_usd, one_time_usd, credited_usd, paid_usd, cost_usd,
         revenue_original, original_currency, fx_rate, fx_missing_count, revenue_source
  FROM invoiced
  UNION ALL
  SELECT month_start, account_id, product_family, revenue_usd, NULL, NULL, NULL, NULL, NULL, NULL,
         revenue_original, original_currency, fx_rate, fx_missing_count, 'won_opportunities'
  FROM gold.revenue_booked
)
SELECT CAST(c.month_start AS DATE) AS month_start, c.account_id, a.master_account_id, c.product_family, coalesce(a.region, 'UNKNOWN') AS region,
       'USD' AS currency, c.revenue_usd, c.recurring_usd, c.usage_usd, c.one_time_usd, c.credited_usd, c.paid_usd,
       c.cost_usd, CAST(NULL AS DECIMAL(18,2)) AS cost_to_serve_usd, c.revenue_usd - c.cost_usd AS gross_margin_usd,
       c.revenue_source, c.revenue_original, c.original_currency, c.fx_rate,
       last_day(CAST(c.month_start AS DATE)) <= as_of() AS is_closed_month, c.fx_missing_count
FROM combined c LEFT JOIN gold.account_members a ON a.account_id = c.account_id
