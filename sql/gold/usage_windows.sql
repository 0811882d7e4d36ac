-- grain: account x product family x usage type
-- key: account_id, product_family, usage_type
-- storage: single
--
-- Internal. What an account uses at the as-of date, in the windows that trends and scores
-- need: means per covered day of the last days. A covered day is one that the region's
-- feed covers (ops.usage_coverage) and on which the account had a service: from the first
-- use, or the start of a service of the family, to the end of its last service. On such a
-- day no row is a use of 0, so that a customer who stops is seen. covered_days is the
-- lesser count of the two periods of usage.trend_days that are compared.
--
-- spike_days: the covered days of the last 30 that are spikes as in usage_daily, days
-- without use included; max_spike_ratio_7d: the greatest mean_7d / baseline_28d of the last seven days.
-- Unknown accounts have no row.
WITH period AS (
  SELECT unnest(['7', '30', 'now', 'prior', '180']) AS period,
         unnest([0, 0, 0, CAST(param('usage.trend_days') AS INTEGER), 0]) AS until_days_ago,
         unnest([7, 30, CAST(param('usage.trend_days') AS INTEGER), CAST(2 * param('usage.trend_days') AS INTEGER), 180]) AS from_days_ago
), bounds AS (
  SELECT CAST(date_trunc('week', days_before(as_of(), greatest(180, 2 * param('usage.trend_days')))) AS DATE) AS first_day
), life AS (
  SELECT account_id, CASE WHEN count(*) = count(ended_on) THEN max(ended_on) END AS ended_on FROM gold.services WHERE activated_on <= as_of() GROUP BY account_id
), family_start AS (
  SELECT account_id, product_family, min(activated_on) AS activated_on FROM gold.services WHERE activated_on <= as_of() GROUP BY account_id, product_family
), region_days AS (
  SELECT c.region, list(CASE WHEN c.is_covered THEN 1 END ORDER BY c.usage_date) AS covered, min(c.usage_date) AS first_day
  FROM ops.usage_coverage c CROSS JOIN bounds b WHERE c.usage_date >= b.first_day GROUP BY c.region
), series AS (
  SELECT w.account_id, w.product_family, w.usage_type, min(w.source_region) AS source_region, min(w.first_day) AS first_use,
         flatten(list(w.days ORDER BY w.week_start)) AS days, min(w.week_start) AS first_day
  FROM gold.usage_weeks w CROSS JOIN bounds b
  WHERE w.week_start >= b.first_day AND w.account_id NOT LIKE 'UNASSIGNED-%'
  GROUP BY w.account_id, w.product_family, w.usage_type
), living AS (
  SELECT s.*, least(s.first_use, f.activated_on) AS started_on, l.ended_on, r.covered, r.first_day AS region_first_day
  FROM series s JOIN region_days r ON r.region = s.source_region
  LEFT JOIN life l ON l.account_id = s.account_id
  LEFT JOIN family_start f ON f.account_id = s.account_id AND f.product_family = s.product_family
), span AS (
  SELECT s.*, p.period, greatest(as_of() - p.from_days_ago + 1, s.started_on) AS from_day, least(as_of() - p.until_days_ago, s.ended_on) AS to_day
  FROM living s CROSS JOIN period p
), summed AS (
  SELECT account_id, product_family, usage_type, period,
         coalesce(list_aggregate(list_slice(days, greatest(from_day - first_day + 1, 1), greatest(to_day - first_day + 1, 0)), 'sum'), 0) AS used,
         coalesce(list_aggregate(list_slice(covered, greatest(from_day - region_first_day + 1, 1), greatest(to_day - region_first_day + 1, 0)), 'sum'), 0) AS covered_days
  FROM span
), averaged AS (
  SELECT account_id, product_family, usage_type,
         max(ratio(used, covered_days)) FILTER (WHERE period = '7') AS usage_7d, max(ratio(used, covered_days)) FILTER (WHERE period = '30') AS usage_30d,
         max(ratio(used, covered_days)) FILTER (WHERE period = 'now') AS usage_90d, max(ratio(used, covered_days)) FILTER (WHERE period = 'prior') AS usage_prior_90d,
         max(ratio(used, covered_days)) FILTER (WHERE period = '180') AS usage_180d, min(covered_days) FILTER (WHERE period IN ('now', 'prior')) AS covered_days
  FROM summed GROUP BY account_id, product_family, usage_type
),

-- Spikes of the last 30 days.
recent AS (
  SELECT s.account_id, s.product_family, s.usage_type, s.days, s.first_use, d.day AS usage_date, CAST(d.day - s.first_day + 1 AS BIGINT) AS n
  FROM living s
  CROSS JOIN (SELECT as_of() - CAST(unnest(range(0, 30)) AS INTEGER) AS day) d
  JOIN ops.usage_coverage c ON c.region = s.source_region AND c.usage_date = d.day
  WHERE c.is_covered AND s.first_use <= d.day - 34 AND c.week_covered >= param('usage.spike_min_days') AND c.baseline_covered >= param('usage.baseline_min_days')
), windowed AS (
  SELECT *, list_aggregate(list_slice(days, n - 6, n), 'avg') AS mean_7d, list_aggregate(list_slice(days, n - 34, n - 7), 'median') AS baseline_28d FROM recent
), deviating AS (
  SELECT *, CASE WHEN is_above_baseline(mean_7d, baseline_28d) THEN list_aggregate(list_transform(list_slice(days, n - 34, n - 7), lambda x: abs(x - baseline_28d)), 'median') END AS mad_28d
  FROM windowed
), spike AS (
  SELECT account_id, product_family, usage_type, usage_date, mean_7d / nullif(baseline_28d, 0) AS spike_ratio,
         is_spike(mean_7d, baseline_28d, mad_28d) AS is_spike
  FROM deviating
), spikes AS (
  SELECT account_id, product_family, usage_type, coalesce(list(CAST(usage_date AS VARCHAR) ORDER BY usage_date) FILTER (WHERE is_spike), []) AS spike_days,
         max(spike_ratio) FILTER (WHERE usage_date > as_of() - 7) AS max_spike_ratio_7d
  FROM spike GROUP BY account_id, product_family, usage_type
)
SELECT a.account_id, a.product_family, a.usage_type, s.source_region, s.started_on, s.ended_on, a.usage_7d, a.usage_30d, a.usage_90d, a.usage_prior_90d, a.usage_180d, a.covered_days,
       p.spike_days, p.max_spike_ratio_7d
FROM averaged a
JOIN living s ON s.account_id = a.account_id AND s.product_family = a.product_family AND s.usage_type = a.usage_type
LEFT JOIN spikes p ON p.account_id = a.account_id AND p.product_family = a.product_family AND p.usage_type = a.usage_type
