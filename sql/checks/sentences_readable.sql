-- check: sentences_readable
-- severity: warning
-- table: gold.recommendations
-- about: Titles and reasons read as sentences: with a beginning and an end, without placeholders, missing
-- words, scientific notation or doubled stops. What is listed is shown to users as it is; a strange name in a source may be the cause.
SELECT shown_in || ' ' || shown_id AS recommendation_id, sentence
FROM (
  SELECT 'recommendations' AS shown_in, recommendation_id AS shown_id, unnest([action_title, action_description, expected_outcome, impact_basis]) AS sentence FROM gold.recommendations
  UNION ALL
  SELECT 'alerts', alert_id, unnest([alert_title, alert_description]) FROM gold.alerts
  UNION ALL
  SELECT 'cross_sell_opportunities', opportunity_flag_id, evidence FROM gold.cross_sell_opportunities
)
WHERE coalesce(trim(sentence) = '' OR right(sentence, 1) <> '.' OR right(sentence, 2) = '..' OR contains(sentence, '  ')
               OR regexp_matches(sentence, '\b(NULL|None|NaN|nan|inf)\b|[0-9]e[+-]?[0-9]{2}'), true)
