-- grain: feed region x day
-- key: region, usage_date
-- storage: single
--
-- Whether the usage feed of a region covered a day: then an account with a service but
-- without a row used nothing, else nobody knows what it used. A day is covered if the feed
-- brought at least usage.coverage_share of its median rows, over the days with rows in the
-- usage.coverage_window_days up to that day. Where businesses rest at weekends the feed does
-- too, and weekends are then not covered: they count neither as use nor as no use. With
-- usage.coverage_by_weekday a day is measured by the lesser of that median and the median
-- of the same day of the week, so that regular quiet days are covered.
--
-- region is the region of the feed (its source), not of the account. Days from the first
-- row of the feed to the as-of date; a feed that stopped shows as days not covered.
-- week_covered and baseline_covered count the covered days among the seven that end here,
-- and among the 28 before those.
WITH fed AS (
  SELECT coalesce(source_region, 'UNKNOWN') AS region, usage_date, count(*) AS rows_seen
  FROM silver.usage_daily WHERE usage_date <= as_of() GROUP BY coalesce(source_region, 'UNKNOWN'), usage_date
), day AS (
  SELECT region, CAST(unnest(generate_series(CAST(min(usage_date) AS TIMESTAMP), CAST(as_of() AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS usage_date
  FROM fed GROUP BY region
), counted AS (
  SELECT d.region, d.usage_date, coalesce(f.rows_seen, 0) AS rows_seen, f.rows_seen AS rows_if_any
  FROM day d LEFT JOIN fed f ON f.region = d.region AND f.usage_date = d.usage_date
), compared AS (
  SELECT region, usage_date, rows_seen,
         median(rows_if_any) OVER (PARTITION BY region ORDER BY usage_date
           RANGE BETWEEN to_days(CAST(param('usage.coverage_window_days') AS INTEGER) - 1) PRECEDING AND CURRENT ROW) AS median_any_day,
         median(rows_if_any) OVER (PARTITION BY region, isodow(usage_date) ORDER BY usage_date
           RANGE BETWEEN to_days(CAST(param('usage.coverage_window_days') AS INTEGER) - 1) PRECEDING AND CURRENT ROW) AS median_same_weekday
  FROM counted
), judged AS (
  SELECT region, usage_date, rows_seen,
         CASE WHEN param_flag('usage.coverage_by_weekday') THEN least(median_any_day, median_same_weekday) ELSE median_any_day END AS median_rows
  FROM compared
), covered AS (
  SELECT *, rows_seen > 0 AND rows_seen >= param('usage.coverage_share') * median_rows AS is_covered FROM judged
)
SELECT region, usage_date, rows_seen, median_rows, is_covered,
       count(*) FILTER (WHERE is_covered) OVER (PARTITION BY region ORDER BY usage_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week_covered,
       count(*) FILTER (WHERE is_covered) OVER (PARTITION BY region ORDER BY usage_date ROWS BETWEEN 34 PRECEDING AND 7 PRECEDING) AS baseline_covered
FROM covered
