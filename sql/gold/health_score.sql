-- grain: account x as-of date x scorecard version
-- key: as_of_date, account_id, scorecard_version
-- storage: state
--
-- How well an account of an active customer does, 0 to 100, by each scorecard: the weighted
-- mean of the measures that are known (health_score_components). coverage is the weight they
-- hold of the whole; below health.min_coverage the score is NULL and the status
-- INSUFFICIENT_DATA. A dimension's score is the weighted mean of its known measures.
-- is_primary marks the scorecard that customer_360 shows.
--
-- change_30d compares with the set of scores stored last between 62 and 30 days ago; trend
-- needs health.trend_points of change. An override (health.overrides: account|status|reason|
-- author|from|until, both days included) stands beside the computed status, never in its
-- place; of several in force the one that began last counts.
WITH known AS (
  SELECT account_id, scorecard_version, dimension, measure, points_lost, CAST(nominal_weight AS DECIMAL(38,12)) AS weight,
         CAST(nominal_weight * sub_score AS DECIMAL(38,12)) AS weighted
  FROM gold.health_score_components WHERE NOT is_missing
), summed AS (
  SELECT account_id, scorecard_version, CAST(sum(weight) AS DOUBLE) AS coverage, no_more(ratio(sum(weighted), sum(weight)), 100) AS mean_score,
         no_more(ratio(sum(weighted) FILTER (WHERE dimension = 'payment'), sum(weight) FILTER (WHERE dimension = 'payment')), 100) AS payment_score,
         no_more(ratio(sum(weighted) FILTER (WHERE dimension = 'support'), sum(weight) FILTER (WHERE dimension = 'support')), 100) AS support_score,
         no_more(ratio(sum(weighted) FILTER (WHERE dimension = 'usage'), sum(weight) FILTER (WHERE dimension = 'usage')), 100) AS usage_score,
         no_more(ratio(sum(weighted) FILTER (WHERE dimension = 'engagement'), sum(weight) FILTER (WHERE dimension = 'engagement')), 100) AS engagement_score,
         arg_min(measure, (-exact(points_lost), measure)) FILTER (WHERE points_lost > 0) AS main_detractor
  FROM known GROUP BY account_id, scorecard_version
), scored AS (
  SELECT *, CASE WHEN coverage >= param('health.min_coverage') THEN mean_score END AS health_score FROM summed
), earlier AS (
  SELECT account_id, scorecard_version, health_score
  FROM past.health_score
  WHERE as_of_date = (SELECT max(as_of_date) FROM past.health_score
                      WHERE as_of_date BETWEEN days_before(as_of(), param('score_history.oldest_days')) AND days_before(as_of(), param('score_history.compare_days')))
), override AS (
  SELECT part[1] AS account_id, part[2] AS status, part[3] AS reason, part[4] AS author,
         row_number() OVER (PARTITION BY part[1] ORDER BY part[5] DESC, part[2], part[3], part[4]) AS latest
  FROM (SELECT string_split(line, '|') AS part FROM (SELECT unnest(param_list('health.overrides')) AS line))
  WHERE as_of() BETWEEN TRY_CAST(part[5] AS DATE) AND coalesce(TRY_CAST(part[6] AS DATE), as_of())
)
SELECT as_of() AS as_of_date, i.account_id, i.master_account_id, i.master_account_id AS customer_id, c.scorecard_version,
       s.health_score, health_band(s.health_score) AS health_status, coalesce(s.coverage, 0) AS coverage,
       s.payment_score, s.support_score, s.usage_score, s.engagement_score,
       e.health_score AS score_30d_ago, s.health_score - e.health_score AS change_30d,
       CASE WHEN s.health_score - e.health_score >= param('health.trend_points') THEN 'improving'
            WHEN s.health_score - e.health_score <= -param('health.trend_points') THEN 'declining'
            WHEN s.health_score - e.health_score IS NOT NULL THEN 'stable' END AS trend,
       s.main_detractor, o.status AS override_status, o.reason AS override_reason, o.author AS override_by,
       c.scorecard_version = param_text('health.default_scorecard') AS is_primary, i.history_quality
FROM gold.score_inputs i
CROSS JOIN (SELECT DISTINCT scorecard_version FROM gold.health_scorecards) c
LEFT JOIN scored s ON s.account_id = i.account_id AND s.scorecard_version = c.scorecard_version
LEFT JOIN earlier e ON e.account_id = i.account_id AND e.scorecard_version = c.scorecard_version
LEFT JOIN override o ON o.account_id = i.account_id AND o.latest = 1
