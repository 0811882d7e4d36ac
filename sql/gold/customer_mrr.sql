-- grain: customer x month x source region x product family x currency
-- key: month_start, master_account_id, source_region, product_family, currency_iso_code
-- storage: single
--
-- MRR in the currency of the contract, the base of everything that compares months at one
-- rate: mrr_movements and retention_monthly. amount is in currency_iso_code ('' unknown);
-- for USD it is mrr_usd to the cent, so that an amount in USD never shows a currency
-- effect. The few rows of mrr_monthly that mix currencies are split again from the spans.
--
-- first_month is the month in which the source region's first recurring service begins,
-- first_full_month the first that it covers from its first day: before that nothing is
-- known, so nothing can be compared with it.
WITH cell AS (
  SELECT month_start, account_id, master_account_id, product_family, mrr_usd, mrr_original, currency_iso_code, fx_missing_count
  FROM gold.mrr_monthly WHERE master_account_id IS NOT NULL
), mixed AS (
  SELECT DISTINCT account_id, master_account_id, product_family FROM cell WHERE mrr_original IS NULL
), mixed_month AS (
  SELECT s.account_id, x.master_account_id, s.product_family, s.mrr, s.currency_iso_code, s.start_date, s.end_date,
         CAST(unnest(generate_series(date_trunc('month', s.start_date), date_trunc('month', least(coalesce(s.end_date, as_of()), as_of())), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM gold.mrr_spans s JOIN mixed x ON x.account_id = s.account_id AND x.product_family = s.product_family
  WHERE s.start_date <= as_of()
), split AS (
  SELECT s.month_start, s.account_id, s.master_account_id, s.product_family, s.currency_iso_code, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd,
         CAST(round(sum(s.mrr), 2) AS DECIMAL(18,2)) AS mrr_original, count(*) FILTER (WHERE r.units_per_usd IS NULL AND s.mrr <> 0) AS fx_missing_count
  FROM mixed_month s
  JOIN cell c ON c.month_start = s.month_start AND c.account_id = s.account_id AND c.product_family = s.product_family AND c.mrr_original IS NULL
  LEFT JOIN gold.fx_rates r ON r.rate_day = least(last_day(s.month_start), as_of()) AND r.currency_iso_code = s.currency_iso_code
  WHERE active_on(least(last_day(s.month_start), as_of()), s.start_date, s.end_date, NULL, NULL)
  GROUP BY s.month_start, s.account_id, s.master_account_id, s.product_family, s.currency_iso_code
), part AS (
  SELECT month_start, account_id, master_account_id, product_family, currency_iso_code, mrr_usd, mrr_original, fx_missing_count FROM cell WHERE mrr_original IS NOT NULL
  UNION ALL
  SELECT month_start, account_id, master_account_id, product_family, currency_iso_code, mrr_usd, mrr_original, fx_missing_count FROM split
), covered AS (
  SELECT coalesce(a.source_region, 'UNKNOWN') AS source_region, min(s.start_date) AS first_day
  FROM gold.mrr_spans s JOIN gold.account_members a ON a.account_id = s.account_id
  WHERE s.start_date <= as_of()
  GROUP BY coalesce(a.source_region, 'UNKNOWN')
)
SELECT p.month_start, p.master_account_id, coalesce(a.source_region, 'UNKNOWN') AS source_region, p.product_family, coalesce(p.currency_iso_code, '') AS currency_iso_code,
       sum(CASE WHEN p.currency_iso_code = 'USD' THEN p.mrr_usd ELSE p.mrr_original END) AS amount,
       sum(p.mrr_usd) AS mrr_usd, sum(p.fx_missing_count) AS fx_missing_count,
       CAST(date_trunc('month', min(c.first_day)) AS DATE) AS first_month,
       CAST(date_trunc('month', min(c.first_day) - 1) + INTERVAL 1 MONTH AS DATE) AS first_full_month
FROM part p
JOIN gold.account_members a ON a.account_id = p.account_id
JOIN covered c ON c.source_region = coalesce(a.source_region, 'UNKNOWN')
GROUP BY p.month_start, p.master_account_id, coalesce(a.source_region, 'UNKNOWN'), p.product_family, coalesce(p.currency_iso_code, '')
