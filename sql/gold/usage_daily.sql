-- grain: account x product family x usage type x day
-- key: usage_date, account_id, product_family, usage_type
-- storage: partitioned
--
-- What an account used on a day, over all its services of a family, and whether that is a
-- spike: the mean of the seven days that end here (mean_7d) is more than usage.spike_ratio
-- times the median of the 28 days before them (baseline_28d), and robust_z = 0.6745 x
-- (mean - median) / MAD is at least usage.spike_z; where the 28 days do not vary at all
-- (MAD 0) the ratio alone decides. robust_z is given only above the ratio.
--
-- A row stands for a day on which the feed reported use. Days without use are not stored:
-- on a covered day (ops.usage_coverage) no row means 0, and so it counts in the means and
-- medians; days not covered are left out of them, and are not judged themselves. The
-- baseline needs 28 days since the first use, usage.baseline_min_days of them covered, and
-- the mean usage.spike_min_days.
--
-- A week at a time: the six lists of a week and the five before it (usage_weeks) hold the
-- windows of its seven days, so that no row is laid out 35 times.
WITH six_weeks AS (
  SELECT * EXCLUDE (days), list_concat(lag(days, 5) OVER w, list_concat(lag(days, 4) OVER w, list_concat(lag(days, 3) OVER w,
                             list_concat(lag(days, 2) OVER w, list_concat(lag(days, 1) OVER w, days))))) AS days
  FROM gold.usage_weeks WINDOW w AS (PARTITION BY account_id, product_family, usage_type ORDER BY week_start)
), day AS (
  SELECT account_id, product_family, usage_type, source_region, unit_of_measure, known_at, first_day, week_start + CAST(k AS INTEGER) - 1 AS usage_date, used[k] AS quantity,
         days, len(days) - 7 + k AS n
  FROM (SELECT *, unnest(range(1, 8)) AS k FROM six_weeks)
  WHERE used[k] IS NOT NULL
), windowed AS (
  SELECT d.*, CASE WHEN c.is_covered AND c.week_covered >= param('usage.spike_min_days') AND d.first_day <= d.usage_date - 6 THEN list_aggregate(d.days[d.n - 6 : d.n], 'avg') END AS mean_7d,
         CASE WHEN c.is_covered AND c.baseline_covered >= param('usage.baseline_min_days') AND d.first_day <= d.usage_date - 34 THEN list_aggregate(d.days[d.n - 34 : d.n - 7], 'median') END AS baseline_28d
  FROM day d LEFT JOIN ops.usage_coverage c ON c.region = d.source_region AND c.usage_date = d.usage_date
), deviating AS (
  SELECT *, CASE WHEN is_above_baseline(mean_7d, baseline_28d) THEN list_aggregate(list_transform(days[n - 34 : n - 7], lambda x: abs(x - baseline_28d)), 'median') END AS mad_28d
  FROM windowed
), breach AS (
  SELECT DISTINCT account_id, product_family, usage_type, usage_date FROM gold.usage_breaches
)
SELECT d.usage_date, d.account_id, d.product_family, d.usage_type, d.quantity, d.unit_of_measure, d.mean_7d, d.baseline_28d,
       robust_z(d.mean_7d, d.baseline_28d, d.mad_28d) AS robust_z, is_spike(d.mean_7d, d.baseline_28d, d.mad_28d) AS is_spike,
       b.usage_date IS NOT NULL AS is_threshold_breach, d.source_region, d.known_at
FROM deviating d
LEFT JOIN breach b ON b.account_id = d.account_id AND b.product_family = d.product_family AND b.usage_type = d.usage_type AND b.usage_date = d.usage_date
