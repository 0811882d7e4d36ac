-- grain: time a support case was escalated
-- key: escalation_id
-- storage: single
--
-- Each time IsEscalated turned true up to the as-of date: a case that is escalated, calmed
-- and escalated again counts twice. A case that is escalated now and has no history of it
-- counts once, when it was opened; escalation_id is then the case's id.
WITH change AS (
  SELECT case_history_id, case_id, changed_at, changed_by, lower(new_value) IN ('true', '1', 'yes') AS is_on
  FROM silver.case_history
  WHERE lower(field_name) IN ('isescalated', 'is escalated', 'escalated') AND changed_at < as_of_end()
), step AS (
  SELECT *, lag(is_on) OVER (PARTITION BY case_id ORDER BY changed_at, case_history_id) AS was_on FROM change
), turn AS (
  SELECT case_history_id, case_id, changed_at, changed_by FROM step WHERE is_on AND NOT coalesce(was_on, false)
)
SELECT coalesce(t.case_history_id, c.case_id) AS escalation_id, c.case_id, c.account_id, coalesce(t.changed_at, c.escalated_at) AS escalated_at,
       t.case_history_id, coalesce(t.changed_by, c.owner_id) AS actor_id
FROM gold.support_cases c LEFT JOIN turn t ON t.case_id = c.case_id
WHERE c.escalated_at < as_of_end()
