-- grain: month x kind of survey x dimension
-- key: month_start, survey_type, dimension, dimension_value
-- storage: single
--
-- The answers of a calendar month: all of them (dimension all), and by region, product
-- family, segment of the account and agent. nps is 100 x (promoters - detractors) /
-- answers on a scale of 0 to 10; csat the share of CSAT answers of at least
-- surveys.positive_score; mean_score the mean of score_100. Below surveys.min_n answers the
-- figures are NULL and is_reportable is false: the count says why.
--
-- ci_low and ci_high are the 95 % interval of nps, of csat (Wilson), or for other surveys
-- of mean_score. Answers whose scale is unknown are not counted.
WITH answer AS (
  SELECT CAST(date_trunc('month', day_of(s.responded_at)) AS DATE) AS month_start, s.survey_type, s.score_100, s.nps_category,
         s.region, s.product_family, coalesce(a.segment, 'UNKNOWN') AS segment, coalesce(s.agent_id, 'UNKNOWN') AS agent
  FROM gold.survey_responses s LEFT JOIN gold.account_members a ON a.account_id = s.account_id
  WHERE s.score_100 IS NOT NULL AND s.survey_type IS NOT NULL
), placed AS (
  SELECT month_start, survey_type, score_100, nps_category,
         unnest(['all', 'region', 'product_family', 'segment', 'agent']) AS dimension, unnest(['all', region, product_family, segment, agent]) AS dimension_value
  FROM answer
), counted AS (
  SELECT month_start, survey_type, dimension, dimension_value, count(*) AS responses, count(nps_category) AS nps_n,
         count(*) FILTER (WHERE nps_category = 'promoter') AS promoters, count(*) FILTER (WHERE nps_category = 'detractor') AS detractors,
         CASE WHEN survey_type = 'CSAT' THEN count(*) FILTER (WHERE score_100 >= param('surveys.positive_score')) END AS positive,
         exact_mean(score_100) AS mean_score, CAST(sum(exact(score_100 * score_100)) AS DOUBLE) AS sum_of_squares
  FROM placed GROUP BY month_start, survey_type, dimension, dimension_value
), rated AS (
  SELECT *, ratio(promoters - detractors, nps_n, param('surveys.min_n')) AS net, ratio(positive, responses, param('surveys.min_n')) AS share,
         CASE WHEN responses >= param('surveys.min_n') THEN mean_score END AS mean, param('surveys.interval_z') AS z,
         sqrt(greatest(sum_of_squares / responses - mean_score * mean_score, 0) / nullif(responses - 1, 0)) AS mean_error
  FROM counted
), margins AS (
  SELECT *, z * sqrt(greatest((promoters + detractors) / nullif(nps_n, 0) - net * net, 0) / nullif(nps_n, 0)) AS net_margin,
         (share + z * z / (2 * responses)) / (1 + z * z / responses) AS wilson_centre,
         z * sqrt(share * (1 - share) / responses + z * z / (4 * responses * responses)) / (1 + z * z / responses) AS wilson_margin
  FROM rated
)
SELECT month_start, survey_type, dimension, dimension_value, responses, 100 * net AS nps, share AS csat, mean AS mean_score,
       CASE WHEN net IS NOT NULL THEN greatest(100 * (net - net_margin), -100) WHEN share IS NOT NULL THEN greatest(wilson_centre - wilson_margin, 0)
            WHEN survey_type NOT IN ('NPS', 'CSAT') AND mean IS NOT NULL THEN greatest(mean - z * mean_error, 0) END AS ci_low,
       CASE WHEN net IS NOT NULL THEN least(100 * (net + net_margin), 100) WHEN share IS NOT NULL THEN least(wilson_centre + wilson_margin, 1)
            WHEN survey_type NOT IN ('NPS', 'CSAT') AND mean IS NOT NULL THEN least(mean + z * mean_error, 100) END AS ci_high,
       responses >= param('surveys.min_n') AS is_reportable, last_day(month_start) <= as_of() AS is_closed_month
FROM margins
