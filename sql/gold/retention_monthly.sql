-- grain: month x dimension x window
-- key: month_start, dimension, dimension_value, window_months
-- storage: single
--
-- What became of the customers that paid window_months ago. The cohort is closed: customers
-- with MRR > 0 at t - w; who came later never enters. Both months are valued at the rates of
-- t - w, so exchange rates neither lose nor win a customer:
--   nrr  = MRR now / MRR then          grr = sum of the lesser of the two / MRR then
--   logo = customers still paying / customers then
-- Dimensions: all, region and segment (of the customer's primary account at t - w, with all
-- its MRR) and product_family (MRR of the family in both months; who leaves the family leaves
-- the cohort). A source enters from its first full month on. Customers with an amount that
-- has no rate are left out and counted in excluded_customers. The last
-- retention.history_months months are kept; a window is one of retention.windows.
WITH length AS (
  SELECT CAST(unnest(param_numbers('retention.windows')) AS INTEGER) AS window_months
), compared AS (
  -- Each amount twice: as what was there at the beginning, and as what is there at the end.
  SELECT w.window_months, CAST(c.month_start + to_months(w.window_months) AS DATE) AS month_start, c.month_start AS base_month, true AS is_opening, c.*
         EXCLUDE (month_start)
  FROM gold.customer_mrr c CROSS JOIN length w
  UNION ALL
  SELECT w.window_months, c.month_start, months_before(c.month_start, w.window_months), false, c.* EXCLUDE (month_start)
  FROM gold.customer_mrr c CROSS JOIN length w
), valued AS (
  SELECT c.window_months, c.month_start, c.base_month, c.master_account_id, c.product_family, c.is_opening, c.fx_missing_count,
         usd(c.amount, coalesce(p.units_per_usd, n.units_per_usd)) AS mrr_usd
  FROM compared c
  LEFT JOIN gold.fx_rates p ON p.rate_day = last_day(c.base_month) AND p.currency_iso_code = c.currency_iso_code
  LEFT JOIN gold.fx_rates n ON n.rate_day = least(last_day(c.month_start), as_of()) AND n.currency_iso_code = c.currency_iso_code
  WHERE c.base_month >= c.first_full_month AND c.month_start <= as_of()
    AND c.month_start > months_before(date_trunc('month', as_of()), param('retention.history_months'))
), by_family AS (
  SELECT window_months, month_start, base_month, master_account_id, product_family,
         coalesce(sum(mrr_usd) FILTER (WHERE is_opening), 0) AS opening, greatest(coalesce(sum(mrr_usd) FILTER (WHERE NOT is_opening), 0), 0) AS closing,
         sum(fx_missing_count) > 0 AS is_unknown
  FROM valued
  GROUP BY window_months, month_start, base_month, master_account_id, product_family
), by_customer AS (
  SELECT window_months, month_start, base_month, master_account_id, sum(opening) AS opening, sum(closing) AS closing, bool_or(is_unknown) AS is_unknown
  FROM by_family
  GROUP BY window_months, month_start, base_month, master_account_id
), part AS (
  SELECT window_months, month_start, 'product_family' AS dimension, product_family AS dimension_value, opening, closing, is_unknown FROM by_family
  UNION ALL
  SELECT window_months, month_start, 'all', 'ALL', opening, closing, is_unknown FROM by_customer
  UNION ALL
  SELECT c.window_months, c.month_start, d.dimension, CASE d.dimension WHEN 'region' THEN coalesce(p.region, 'UNKNOWN') ELSE coalesce(p.segment, 'UNKNOWN') END,
         c.opening, c.closing, c.is_unknown
  FROM by_customer c
  LEFT JOIN gold.master_primary p ON p.master_account_id = c.master_account_id AND c.base_month BETWEEN p.from_month AND p.until_month
  CROSS JOIN (SELECT unnest(['region', 'segment']) AS dimension) d
), counted AS (
  SELECT window_months, month_start, dimension, dimension_value,
         count(*) FILTER (WHERE opening > 0 AND NOT is_unknown) AS opening_customers,
         count(*) FILTER (WHERE opening > 0 AND NOT is_unknown AND closing > 0) AS retained_customers,
         coalesce(sum(opening) FILTER (WHERE opening > 0 AND NOT is_unknown), 0) AS opening_usd,
         coalesce(sum(closing) FILTER (WHERE opening > 0 AND NOT is_unknown), 0) AS closing_usd,
         coalesce(sum(least(opening, closing)) FILTER (WHERE opening > 0 AND NOT is_unknown), 0) AS capped_usd,
         count(*) FILTER (WHERE is_unknown) AS excluded_customers
  FROM part GROUP BY window_months, month_start, dimension, dimension_value
)
SELECT month_start, dimension, dimension_value, window_months, opening_customers, retained_customers,
       opening_usd AS opening_mrr_usd, closing_usd AS closing_cohort_mrr_usd, capped_usd AS retained_capped_mrr_usd,
       ratio(closing_usd, opening_usd) AS nrr, ratio(capped_usd, opening_usd) AS grr, ratio(retained_customers, opening_customers) AS logo_retention,
       last_day(month_start) <= as_of() AS is_closed_month, excluded_customers
FROM counted
