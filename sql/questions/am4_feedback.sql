-- question: AM4 Feedback received from my customers
-- asked by: account managers
-- tables: gold.survey_responses, gold.accounts, ops.user_access
-- variables: as_of, me
-- sources: silver.survey_response, silver.user
-- empty: None of the accounts has answered a survey.
SELECT a.account_name, s.responded_at, s.survey_type, s.score, s.score_100, s.comment
FROM gold.survey_responses s JOIN gold.accounts a USING (account_id)
JOIN ops.user_access u ON u.account_id = s.account_id AND u.user_id = getvariable('me') AND u.access_level = 'owner'
WHERE s.responded_at < getvariable('as_of') + INTERVAL 1 DAY
ORDER BY s.responded_at DESC, s.survey_response_id;
