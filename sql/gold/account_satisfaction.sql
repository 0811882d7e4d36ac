-- grain: known account
-- key: account_id
-- storage: single
--
-- What customers say, per account: the latest answer of each contact (an answer without
-- contact is its own), NPS over surveys.nps_months, CSAT over surveys.csat_days. A figure
-- is NULL below surveys.min_n answers, a count where the account's region has no survey
-- feed and nobody of it ever answered.
WITH covered AS (
  SELECT source_region, true AS has_surveys FROM ops.source_coverage WHERE is_available AND silver_table = 'survey_response' GROUP BY source_region
  UNION
  SELECT a.source_region, true FROM gold.survey_responses s JOIN gold.account_members a ON a.account_id = s.account_id
), answer AS (
  SELECT account_id, survey_type, score_100, nps_category, day_of(responded_at) AS answered_on,
         row_number() OVER (PARTITION BY account_id, survey_type, coalesce(end_user_id, survey_response_id) ORDER BY responded_at DESC, survey_response_id) AS latest
  FROM gold.survey_responses WHERE score_100 IS NOT NULL
), counted AS (
  SELECT account_id,
         count(*) FILTER (WHERE nps_category IS NOT NULL AND answered_on > months_before(as_of(), param('surveys.nps_months'))) AS nps_responses,
         count(*) FILTER (WHERE nps_category = 'promoter' AND answered_on > months_before(as_of(), param('surveys.nps_months'))) AS promoters,
         count(*) FILTER (WHERE nps_category = 'detractor' AND answered_on > months_before(as_of(), param('surveys.nps_months'))) AS detractors,
         count(*) FILTER (WHERE survey_type = 'CSAT' AND answered_on > days_before(as_of(), param('surveys.csat_days'))) AS csat_responses,
         count(*) FILTER (WHERE survey_type = 'CSAT' AND answered_on > days_before(as_of(), param('surveys.csat_days')) AND score_100 >= param('surveys.positive_score')) AS csat_positive
  FROM answer WHERE latest = 1 GROUP BY account_id
)
SELECT a.account_id, a.master_account_id, 100 * ratio(n.promoters - n.detractors, n.nps_responses, param('surveys.min_n')) AS nps_latest,
       coalesce(n.nps_responses, CASE WHEN v.has_surveys THEN 0 END) AS nps_responses,
       ratio(n.csat_positive, n.csat_responses, param('surveys.min_n')) AS csat_90d,
       coalesce(n.csat_responses, CASE WHEN v.has_surveys THEN 0 END) AS csat_responses_90d
FROM gold.account_members a
LEFT JOIN counted n ON n.account_id = a.account_id
LEFT JOIN covered v ON v.source_region = a.source_region
