-- check: recommendation_ids_stable
-- severity: error
-- table: gold.recommendation_states
-- about: A recommendation that was open at the last as-of and still is keeps its id and the day it opened.
-- If not, users lose what they noted on it over night.
SELECT n.as_of_date, n.recommendation_id
FROM gold.recommendation_states n
JOIN past.recommendation_states p ON p.account_id = n.account_id AND p.rule_id = n.rule_id AND p.as_of_date = (SELECT max(as_of_date) FROM past.recommendation_states)
WHERE n.as_of_date = as_of() AND n.closed_on IS NULL AND p.closed_on IS NULL AND (n.recommendation_id <> p.recommendation_id OR n.opened_on <> p.opened_on)
