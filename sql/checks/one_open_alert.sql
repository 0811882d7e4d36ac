-- check: one_open_alert
-- severity: error
-- table: gold.alert_states
-- about: A measure of an account has at most one open alert, and none that was resolved before it opened.
-- If it has, alerts flap or a run was not built on the last stored one.
SELECT as_of_date, max(alert_id) AS alert_id, account_id, alert_type
FROM gold.alert_states
GROUP BY as_of_date, account_id, alert_type
HAVING count(*) FILTER (WHERE resolved_on IS NULL) > 1 OR bool_or(coalesce(resolved_on < opened_on, false))
