-- grain: notable change in what an account uses
-- key: usage_event_id
-- storage: single
--
-- What is worth telling about usage, found over the whole history and not only at the as-of
-- date, per account and usage type:
--   spike    a week (Monday to Sunday) whose mean day is more than usage.spike_ratio times the
--            median day of the 28 days before it, and with a robust z of at least
--            usage.spike_z (when these days vary at all); told once, in its first week
--   breach   the first day on which a service's month to date passes its monthly allowance
--   decline, growth
--            a closed month whose mean day differs from that of the three months before by
--            usage.pattern_drop or usage.pattern_rise; told once, in its first month
-- A day without a row is a day of no use, between the account's first use and the last day its
-- region's feed reached.
WITH used AS (
  SELECT usage_date, account_id, asset_id, product_id, usage_type, unit_of_measure, allowance, source_region, known_at,
         CAST(greatest(quantity, 0) AS DECIMAL(38,9)) AS quantity
  FROM silver.usage_daily WHERE usage_date <= as_of() AND quantity IS NOT NULL
), feed AS (
  SELECT source_region, max(usage_date) AS last_day FROM used GROUP BY source_region
), stream AS (
  SELECT account_id, usage_type, source_region, min(usage_date) AS first_day, max(unit_of_measure) AS unit_of_measure FROM used GROUP BY account_id, usage_type, source_region
),

-- Weeks, one column per day of the week.
week_used AS (
  SELECT account_id, usage_type, source_region, CAST(date_trunc('week', usage_date) AS DATE) AS week_start, max(known_at) AS known_at,
         sum(quantity) FILTER (WHERE isodow(usage_date) = 1) AS d1, sum(quantity) FILTER (WHERE isodow(usage_date) = 2) AS d2,
         sum(quantity) FILTER (WHERE isodow(usage_date) = 3) AS d3, sum(quantity) FILTER (WHERE isodow(usage_date) = 4) AS d4,
         sum(quantity) FILTER (WHERE isodow(usage_date) = 5) AS d5, sum(quantity) FILTER (WHERE isodow(usage_date) = 6) AS d6,
         sum(quantity) FILTER (WHERE isodow(usage_date) = 7) AS d7
  FROM used GROUP BY account_id, usage_type, source_region, CAST(date_trunc('week', usage_date) AS DATE)
), week_spine AS (
  SELECT s.account_id, s.usage_type, s.source_region, s.first_day, s.unit_of_measure,
         CAST(unnest(generate_series(date_trunc('week', s.first_day), date_trunc('week', f.last_day - 6), INTERVAL 7 DAY)) AS DATE) AS week_start
  FROM stream s JOIN feed f ON f.source_region = s.source_region
), week_day AS (
  SELECT s.account_id, s.usage_type, s.source_region, s.first_day, s.unit_of_measure, s.week_start, u.known_at,
         CAST([coalesce(u.d1, 0), coalesce(u.d2, 0), coalesce(u.d3, 0), coalesce(u.d4, 0), coalesce(u.d5, 0), coalesce(u.d6, 0), coalesce(u.d7, 0)] AS DOUBLE[]) AS days,
         CAST(coalesce(u.d1, 0) + coalesce(u.d2, 0) + coalesce(u.d3, 0) + coalesce(u.d4, 0) + coalesce(u.d5, 0) + coalesce(u.d6, 0) + coalesce(u.d7, 0) AS DOUBLE) / 7 AS mean_day
  FROM week_spine s
  LEFT JOIN week_used u ON u.account_id = s.account_id AND u.usage_type = s.usage_type AND u.source_region = s.source_region AND u.week_start = s.week_start
), week_before AS (
  SELECT *, list_concat(list_concat(lag(days, 1) OVER w, lag(days, 2) OVER w), list_concat(lag(days, 3) OVER w, lag(days, 4) OVER w)) AS before_days
  FROM week_day WINDOW w AS (PARTITION BY account_id, usage_type, source_region ORDER BY week_start)
), week_ratio AS (
  SELECT account_id, usage_type, source_region, unit_of_measure, week_start, known_at, mean_day, before_days, median_of(before_days) AS median_day
  FROM week_before WHERE first_day <= week_start - 28
), week_judged AS (
  SELECT *, CASE WHEN median_day > 0 AND mean_day > param('usage.spike_ratio') * median_day
                 THEN median_of(list_transform(before_days, lambda x: abs(x - median_day))) END AS deviation
  FROM week_ratio
), week_spike AS (
  SELECT *, coalesce(deviation = 0 OR 0.6745 * (mean_day - median_day) / nullif(deviation, 0) >= param('usage.spike_z'), false) AS is_spike
  FROM week_judged
), spike AS (
  SELECT *, lag(is_spike) OVER (PARTITION BY account_id, usage_type, source_region ORDER BY week_start) AS was_spike FROM week_spike
),

-- Allowances: only months that pass theirs are laid out by day.
month_over AS (
  SELECT account_id, asset_id, product_id, usage_type, date_trunc('month', usage_date) AS month_start
  FROM used WHERE allowance > 0
  GROUP BY account_id, asset_id, product_id, usage_type, date_trunc('month', usage_date) HAVING CAST(sum(quantity) AS DOUBLE) > min(allowance)
), to_date AS (
  SELECT u.account_id, u.asset_id, u.product_id, u.usage_type, u.source_region, u.unit_of_measure, o.month_start, u.usage_date, u.allowance, u.known_at,
         CAST(sum(u.quantity) OVER (PARTITION BY u.account_id, u.asset_id, u.product_id, u.usage_type, o.month_start ORDER BY u.usage_date) AS DOUBLE) AS used_to_date
  FROM used u
  JOIN month_over o ON o.account_id = u.account_id AND o.asset_id = u.asset_id AND o.product_id = u.product_id AND o.usage_type = u.usage_type
                   AND o.month_start = date_trunc('month', u.usage_date)
), breach AS (
  SELECT *, row_number() OVER (PARTITION BY account_id, asset_id, product_id, usage_type, month_start ORDER BY usage_date) AS rank
  FROM to_date WHERE allowance > 0 AND used_to_date > allowance
),

-- Months, against the three before.
month_used AS (
  SELECT account_id, usage_type, source_region, CAST(date_trunc('month', usage_date) AS DATE) AS month_start, sum(quantity) AS quantity, max(known_at) AS known_at
  FROM used GROUP BY account_id, usage_type, source_region, CAST(date_trunc('month', usage_date) AS DATE)
), month_spine AS (
  SELECT s.account_id, s.usage_type, s.source_region, s.first_day, s.unit_of_measure, f.last_day AS feed_day,
         CAST(unnest(generate_series(date_trunc('month', s.first_day), date_trunc('month', f.last_day), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM stream s JOIN feed f ON f.source_region = s.source_region
), month_day AS (
  SELECT s.*, u.known_at, CAST(coalesce(u.quantity, 0) AS DOUBLE) / day(last_day(s.month_start)) AS mean_day
  FROM month_spine s
  LEFT JOIN month_used u ON u.account_id = s.account_id AND u.usage_type = s.usage_type AND u.source_region = s.source_region AND u.month_start = s.month_start
), month_change AS (
  SELECT *, (lag(mean_day, 1) OVER w + lag(mean_day, 2) OVER w + lag(mean_day, 3) OVER w) / 3 AS before_day
  FROM month_day WINDOW w AS (PARTITION BY account_id, usage_type, source_region ORDER BY month_start)
), month_judged AS (
  SELECT *, CASE WHEN before_day IS NULL OR before_day = 0 OR first_day > CAST(month_start - INTERVAL 3 MONTH AS DATE) OR last_day(month_start) > feed_day THEN 'none'
                 WHEN mean_day / before_day - 1 <= -param('usage.pattern_drop') THEN 'decline'
                 WHEN mean_day / before_day - 1 >= param('usage.pattern_rise') THEN 'growth' ELSE 'none' END AS pattern
  FROM month_change
), pattern AS (
  SELECT *, lag(pattern) OVER (PARTITION BY account_id, usage_type, source_region ORDER BY month_start) AS previous_pattern FROM month_judged
),
event AS (
  SELECT 'spike' AS event_kind, account_id, source_region, CAST(NULL AS VARCHAR) AS asset_id, CAST(NULL AS VARCHAR) AS product_id, usage_type, unit_of_measure,
         week_start AS period_start, week_start + 6 AS event_day, mean_day AS actual, median_day AS baseline, known_at
  FROM spike WHERE is_spike AND NOT coalesce(was_spike, false)
  UNION ALL
  SELECT 'breach', account_id, source_region, asset_id, product_id, usage_type, unit_of_measure, CAST(month_start AS DATE), usage_date, used_to_date, allowance, known_at
  FROM breach WHERE rank = 1
  UNION ALL
  SELECT pattern, account_id, source_region, NULL, NULL, usage_type, unit_of_measure, month_start, last_day(month_start), mean_day, before_day, known_at
  FROM pattern WHERE pattern <> 'none' AND pattern IS DISTINCT FROM previous_pattern
)
SELECT row_id([e.event_kind, e.account_id, e.source_region, e.asset_id, e.product_id, e.usage_type, CAST(e.period_start AS VARCHAR)]) AS usage_event_id,
       e.event_kind, coalesce(a.account_id, unassigned(e.source_region)) AS account_id, a.master_account_id, e.account_id AS source_account_id,
       e.asset_id, e.product_id, e.usage_type, e.unit_of_measure, e.period_start, e.event_day, e.actual, e.baseline, e.actual / nullif(e.baseline, 0) - 1 AS change,
       greatest(e.known_at, day_start(e.event_day)) AS known_at
FROM event e LEFT JOIN gold.account_members a ON a.account_id = e.account_id
