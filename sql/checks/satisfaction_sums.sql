-- check: satisfaction_sums
-- severity: error
-- table: gold.satisfaction_monthly
-- about: The answers of a month by region, product, segment or agent add up to all of them, and every figure
-- below the least number of answers is empty.
SELECT month_start, survey_type, dimension, sum(responses) AS responses, max(total) AS all_responses, bool_or(is_shown) AS is_shown
FROM (SELECT *, max(responses) FILTER (WHERE dimension = 'all') OVER (PARTITION BY month_start, survey_type) AS total,
             responses < param('surveys.min_n') AND (nps IS NOT NULL OR csat IS NOT NULL OR mean_score IS NOT NULL) AS is_shown
      FROM gold.satisfaction_monthly)
GROUP BY month_start, survey_type, dimension
HAVING sum(responses) IS DISTINCT FROM max(total) OR bool_or(is_shown)
