-- grain: notable change in what an account uses
-- key: usage_event_id
-- storage: single
--
-- What is worth telling about usage, found over the whole history and not only at the as-of
-- date, per account, product family and usage type:
--   spike    the first day of a spike (usage_daily): no day of the usage.spike_gap_days
--            before was one
--   breach   the first day on which a service's month to date passes its monthly allowance
--   decline, growth
--            a closed month whose mean day differs from that of the three months before by
--            usage.pattern_drop or usage.pattern_rise; told once, in its first month
-- A month's mean is over all its days: a day without a row is a day of no use, between the
-- first use and the last day the region's feed reached.
WITH spike_day AS (
  SELECT *, lag(usage_date) OVER (PARTITION BY account_id, product_family, usage_type ORDER BY usage_date) AS previous_spike
  FROM gold.usage_daily WHERE is_spike
),

-- Months, against the three before.
month_used AS (
  SELECT account_id, product_family, usage_type, CAST(date_trunc('month', usage_date) AS DATE) AS month_start, sum(exact(quantity)) AS quantity, max(known_at) AS known_at,
         min(usage_date) AS first_day, min(source_region) AS source_region, max(unit_of_measure) AS unit_of_measure
  FROM gold.usage_daily GROUP BY account_id, product_family, usage_type, CAST(date_trunc('month', usage_date) AS DATE)
), feed AS (
  SELECT region, max(usage_date) FILTER (WHERE rows_seen > 0) AS last_day FROM ops.usage_coverage GROUP BY region
), series AS (
  SELECT account_id, product_family, usage_type, min(source_region) AS source_region, min(first_day) AS first_day, max(unit_of_measure) AS unit_of_measure
  FROM month_used GROUP BY account_id, product_family, usage_type
), month_spine AS (
  SELECT s.*, f.last_day AS feed_day,
         CAST(unnest(generate_series(date_trunc('month', s.first_day), date_trunc('month', f.last_day), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM series s JOIN feed f ON f.region = s.source_region
), month_day AS (
  SELECT s.*, u.known_at, CAST(coalesce(u.quantity, 0) AS DOUBLE) / day(last_day(s.month_start)) AS mean_day
  FROM month_spine s
  LEFT JOIN month_used u ON u.account_id = s.account_id AND u.product_family = s.product_family AND u.usage_type = s.usage_type AND u.month_start = s.month_start
), month_change AS (
  SELECT *, (lag(mean_day, 1) OVER w + lag(mean_day, 2) OVER w + lag(mean_day, 3) OVER w) / 3 AS before_day
  FROM month_day WINDOW w AS (PARTITION BY account_id, product_family, usage_type ORDER BY month_start)
), month_judged AS (
  SELECT *, CASE WHEN before_day IS NULL OR before_day = 0 OR first_day > CAST(month_start - INTERVAL 3 MONTH AS DATE) OR last_day(month_start) > feed_day THEN 'none'
                 WHEN mean_day / before_day - 1 <= -param('usage.pattern_drop') THEN 'decline'
                 WHEN mean_day / before_day - 1 >= param('usage.pattern_rise') THEN 'growth' ELSE 'none' END AS pattern
  FROM month_change
), pattern AS (
  SELECT *, lag(pattern) OVER (PARTITION BY account_id, product_family, usage_type ORDER BY month_start) AS previous_pattern FROM month_judged
),
event AS (
  SELECT 'spike' AS event_kind, account_id, CAST(NULL AS VARCHAR) AS source_account_id, CAST(NULL AS VARCHAR) AS asset_id, CAST(NULL AS VARCHAR) AS product_id, product_family, usage_type,
         unit_of_measure, usage_date - 6 AS period_start, usage_date AS event_day, mean_7d AS actual, baseline_28d AS baseline, known_at
  FROM spike_day WHERE coalesce(usage_date - previous_spike > param('usage.spike_gap_days'), true)
  UNION ALL
  SELECT 'breach', account_id, source_account_id, asset_id, product_id, product_family, usage_type, unit_of_measure, CAST(month_start AS DATE), usage_date, used_to_date, allowance, known_at
  FROM gold.usage_breaches
  UNION ALL
  SELECT pattern, account_id, NULL, NULL, NULL, product_family, usage_type, unit_of_measure, month_start, last_day(month_start), mean_day, before_day, known_at
  FROM pattern WHERE pattern <> 'none' AND pattern IS DISTINCT FROM previous_pattern
)
SELECT row_id([e.event_kind, coalesce(e.source_account_id, e.account_id), e.asset_id, e.product_id, e.product_family, e.usage_type, CAST(e.period_start AS VARCHAR)]) AS usage_event_id,
       e.event_kind, e.account_id, a.master_account_id, coalesce(e.source_account_id, a.account_id) AS source_account_id,
       e.asset_id, e.product_id, e.product_family, e.usage_type, e.unit_of_measure, e.period_start, e.event_day, e.actual, e.baseline, e.actual / nullif(e.baseline, 0) - 1 AS change,
       greatest(e.known_at, day_start(e.event_day)) AS known_at
FROM event e LEFT JOIN gold.account_members a ON a.account_id = e.account_id
