-- grain: what was done with a recommendation or alert
-- key: action_id
-- storage: single
--
-- What people did with recommendations and alerts. Nothing is written back yet, so the
-- table is empty; what reads it (cool-down, dismissed alerts, measured success rates) is
-- ready for its rows.
SELECT NULL AS action_id, NULL AS recommendation_id, NULL AS alert_id, NULL AS customer_id, NULL AS rule_id, NULL AS action, NULL AS actor_id,
       NULL AS acted_at, NULL AS scheduled_for, NULL AS reminder_at, NULL AS outcome, NULL AS outcome_at, NULL AS crm_task_id, NULL AS note
WHERE false
