-- grain: account x product family x month
-- key: month_start, account_id, product_family
-- storage: single
--
-- Monthly recurring revenue at month end (the running month: at the as-of date, with
-- is_closed_month = false), in USD at the rate of that day. See mrr_spans for where the
-- amounts come from. A month without an active item has no row: for an account that has
-- rows in other months that means 0, for an account without any row that no source
-- tells. An amount whose currency has no rate is left out of mrr_usd and counted in
-- fx_missing_count; mrr_usd is NULL when nothing could be converted.
WITH service_month AS (
  SELECT account_id, service_id, product_family, mrr, currency_iso_code, mrr_source, price_versions, start_date, end_date,
         CAST(unnest(generate_series(date_trunc('month', start_date), date_trunc('month', least(coalesce(end_date, as_of()), as_of())), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM gold.mrr_spans WHERE start_date <= as_of()
), active AS (
  SELECT account_id, service_id, product_family, mrr, currency_iso_code, mrr_source, price_versions, month_start,
         least(last_day(month_start), as_of()) AS rate_day
  FROM service_month
  WHERE active_on(least(last_day(month_start), as_of()), start_date, end_date, NULL, NULL)
), service AS (
  SELECT s.month_start, s.account_id, s.product_family, s.service_id, min(s.mrr_source) AS mrr_source,
         sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd, sum(s.mrr) AS mrr,
         min(coalesce(s.currency_iso_code, '')) AS first_currency, max(coalesce(s.currency_iso_code, '')) AS last_currency, min(r.units_per_usd) AS fx_rate,
         count(*) FILTER (WHERE r.units_per_usd IS NULL AND s.mrr <> 0) AS fx_missing_count, max(s.price_versions) AS price_versions
  FROM active s
  LEFT JOIN gold.fx_rates r ON r.rate_day = s.rate_day AND r.currency_iso_code = s.currency_iso_code
  GROUP BY s.month_start, s.account_id, s.product_family, s.service_id
), monthly AS (
  SELECT month_start, account_id, product_family, min(mrr_source) AS mrr_source, sum(mrr_usd) AS mrr_usd,
         CASE WHEN min(first_currency) = max(last_currency) THEN sum(mrr) END AS mrr_original,
         CASE WHEN min(first_currency) = max(last_currency) THEN nullif(min(first_currency), '') END AS currency_iso_code,
         CASE WHEN min(first_currency) = max(last_currency) THEN min(fx_rate) END AS fx_rate,
         count(*) AS active_services, sum(fx_missing_count) AS fx_missing_count,
         CASE WHEN min(mrr_source) = 'asset' AND max(price_versions) = 1 THEN 'flat' ELSE 'observed' END AS mrr_history
  FROM service
  GROUP BY month_start, account_id, product_family
)
SELECT m.month_start, m.account_id, a.master_account_id, m.product_family, coalesce(a.region, 'UNKNOWN') AS region,
       m.mrr_usd, CAST(round(m.mrr_original, 2) AS DECIMAL(18,2)) AS mrr_original, m.currency_iso_code, m.fx_rate, m.mrr_source,
       m.active_services, last_day(m.month_start) <= as_of() AS is_closed_month, m.mrr_history, m.fx_missing_count
FROM monthly m LEFT JOIN gold.account_members a ON a.account_id = m.account_id
