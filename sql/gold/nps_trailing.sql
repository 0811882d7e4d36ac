-- grain: account x month
-- key: month_start, account_id
-- storage: single
--
-- The counts behind the net promoter score of any group of accounts, per month: answers of the
-- twelve months to the month's end (in the running month: to the as-of date), only the latest
-- of each contact; an answer without contact stands for itself.
-- NPS of a group = 100 x (promoters - detractors) / responses.
WITH answer AS (
  SELECT account_id, coalesce(end_user_id, survey_response_id) AS person, day_of(responded_at) AS day, lower(nps_category) AS nps_category,
         CAST(date_trunc('month', day_of(responded_at)) AS DATE) AS month_start,
         lead(CAST(date_trunc('month', day_of(responded_at)) AS DATE)) OVER (PARTITION BY coalesce(end_user_id, survey_response_id) ORDER BY responded_at, survey_response_id) AS next_month
  FROM gold.survey_responses
  WHERE upper(survey_type) = 'NPS' AND nps_category IS NOT NULL AND responded_at < as_of_end()
), counted AS (
  -- A contact's answer counts from its month to the month before the next one, at most a year.
  SELECT account_id, day, nps_category,
         CAST(unnest(generate_series(month_start, least(CAST(month_start + to_months(CAST(param('surveys.nps_months') AS INTEGER)) AS DATE), next_month - INTERVAL 1 MONTH, this_month()), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM answer WHERE next_month IS DISTINCT FROM month_start
)
SELECT month_start, account_id, count(*) FILTER (WHERE nps_category = 'promoter') AS promoters,
       count(*) FILTER (WHERE nps_category = 'detractor') AS detractors, count(*) AS responses
FROM counted
WHERE day > months_before(least(last_day(month_start), as_of()), param('surveys.nps_months'))
GROUP BY month_start, account_id
