-- grain: thing that happened and calls for an alert
-- key: alert_id
-- storage: single
--
-- Alerts that follow from what happened, so they need no state; their id is that of the
-- case, milestone, or contract and step:
--   sla_due, sla_breached   a milestone with less than alerts.sla_warning_share of its time
--            left, or past its target; resolved when it is done or the case closed
--   escalation  an escalated case, until it is closed
--   renewal     a contract to renew, at each of alerts.renewal_days before its end; each
--            step ends with the next, with the renewal, or with the contract
-- Those resolved longer than alerts.keep_resolved_days ago are left out.
WITH account AS (
  SELECT m.account_id, m.master_account_id, coalesce(m.account_name, m.account_id) AS name
  FROM gold.account_members m JOIN gold.account_status s ON s.account_id = m.account_id
  WHERE s.customer_status = 'active'
),

milestone AS (
  SELECT m.*, k.closed_at, k.severity AS case_severity, coalesce(k.case_number, k.case_id) AS label, coalesce(m.milestone_name, 'milestone') AS target_name, a.name,
         m.target_at - (m.target_at - m.start_at) * param('alerts.sla_warning_share') AS warn_at, least(m.completed_at, k.closed_at) AS done_at
  FROM gold.case_milestones m
  JOIN gold.support_cases k ON k.case_id = m.case_id
  JOIN account a ON a.account_id = m.account_id
  WHERE m.outcome IN ('met', 'violated', 'pending')
), service AS (
  SELECT account_id, event_id('alert', 'sla_due', account_id, case_milestone_id) AS alert_id, 'sla_due' AS alert_type, case_milestone_id AS source_id, CAST(NULL AS DOUBLE) AS metric_value,
         param('alerts.sla_warning_share') AS threshold, warn_at AS opened_at, CASE WHEN least(done_at, target_at) < as_of_end() THEN least(done_at, target_at) END AS resolved_at, 'MEDIUM' AS severity,
         'Case ' || label || ' of ' || name || CASE WHEN least(done_at, target_at) < as_of_end() THEN ' came close to its target: ' ELSE ' must meet its target soon: ' END || target_name AS title,
         target_name || CASE WHEN target_at < as_of_end() THEN ' was' ELSE ' is' END || ' due at ' || strftime(target_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M') || ' UTC; '
           || CASE WHEN done_at <= target_at AND done_at < as_of_end() THEN 'it was done at ' || strftime(done_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M') || ' UTC.'
                   ELSE 'less than ' || percent_text(param('alerts.sla_warning_share')) || ' of its time was left.' END AS description
  FROM milestone WHERE warn_at < as_of_end() AND (done_at IS NULL OR done_at > warn_at)
  UNION ALL
  SELECT account_id, event_id('alert', 'sla_breached', account_id, case_milestone_id), 'sla_breached', case_milestone_id, minutes_over, 0, target_at,
         CASE WHEN done_at < as_of_end() THEN greatest(done_at, target_at) END, CASE WHEN case_severity <= 2 THEN 'HIGH' ELSE 'MEDIUM' END,
         'Case ' || label || ' of ' || name || ' missed its target: ' || target_name,
         target_name || ' was due at ' || strftime(target_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M') || ' UTC; '
           || CASE WHEN done_at < as_of_end() THEN 'it was done at ' || strftime(done_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M') || ' UTC.' ELSE 'it is not done yet.' END
  FROM milestone WHERE outcome = 'violated'
  UNION ALL
  SELECT k.account_id, event_id('alert', 'escalation', k.account_id, k.case_id), 'escalation', k.case_id, NULL, NULL, k.escalated_at, CASE WHEN NOT k.is_open THEN greatest(k.closed_at, k.escalated_at) END, 'HIGH',
         'Case ' || coalesce(k.case_number, k.case_id) || ' of ' || a.name || ' was escalated',
         'Escalated on ' || strftime(k.escalated_at AT TIME ZONE 'UTC', '%Y-%m-%d') || CASE WHEN k.reason <> 'UNKNOWN' THEN ', reason: ' || k.reason ELSE '' END
           || CASE WHEN k.is_open THEN '. It is still open.' ELSE '. It is closed.' END
  FROM gold.support_cases k JOIN account a ON a.account_id = k.account_id
  WHERE k.is_escalated AND k.escalated_at < as_of_end()
),

step AS (
  SELECT CAST(unnest(param_numbers('alerts.renewal_days')) AS INTEGER) AS days
), ladder AS (
  SELECT days, coalesce(lead(days) OVER (ORDER BY days DESC), -1) AS next_days, row_number() OVER (ORDER BY days DESC) = 1 AS is_first FROM step
), ending AS (
  SELECT c.contract_id, c.account_id, coalesce(c.contract_number, c.contract_id) AS label, a.name, c.effective_end, c.renewal_outcome, c.mrr_usd, c.renewal_opportunity_id, l.days, l.is_first, l.next_days = -1 AS is_last,
         greatest(c.effective_end - l.days, c.start_date) AS opened_on,
         least(c.effective_end - l.next_days, CASE WHEN c.renewal_outcome = 'renewed' THEN coalesce(day_of(c.outcome_known_at), as_of()) END) AS over_on
  FROM gold.contracts c
  JOIN account a ON a.account_id = c.account_id
  CROSS JOIN ladder l -- a handful of steps
  WHERE c.renewal_outcome IS NOT NULL AND c.effective_end IS NOT NULL
), renewal AS (
  SELECT account_id, event_id('alert', 'renewal', account_id, contract_id, days) AS alert_id, 'renewal' AS alert_type, contract_id AS source_id,
         greatest(days_between(least(as_of(), over_on), effective_end), 0) AS metric_value, days AS threshold, day_start(opened_on) AS opened_at, CASE WHEN over_on <= as_of() THEN day_start(over_on) END AS resolved_at,
         CASE WHEN is_last THEN 'HIGH' WHEN is_first THEN 'LOW' ELSE 'MEDIUM' END AS severity,
         'Contract ' || label || ' of ' || name || CASE WHEN effective_end < as_of() THEN ' ended on ' ELSE ' ends on ' END || effective_end AS title,
         CASE WHEN over_on <= as_of() THEN CASE WHEN renewal_outcome = 'renewed' THEN 'It was renewed.' WHEN effective_end < as_of() THEN 'It ended on ' || effective_end || '.'
                                                ELSE 'The step of ' || counted(days, 'day', 'days') || ' has passed.' END
              WHEN effective_end = as_of() THEN 'It ends today.' ELSE counted(days_between(as_of(), effective_end), 'day is', 'days are') || ' left.' END
           || CASE WHEN mrr_usd > 0 THEN CASE WHEN effective_end < as_of() THEN ' It brought ' ELSE ' It brings ' END || usd_text(mrr_usd) || ' a month.' ELSE '' END
           || CASE WHEN over_on <= as_of() THEN '' WHEN renewal_opportunity_id IS NULL THEN ' There is no renewal opportunity yet.' ELSE ' A renewal opportunity exists.' END AS description
  FROM ending WHERE opened_on <= as_of() AND over_on > opened_on
)
SELECT account_id, alert_id, alert_type, source_id, metric_value, threshold, opened_at, resolved_at, severity, title, description FROM (SELECT * FROM service UNION ALL SELECT * FROM renewal)
WHERE resolved_at IS NULL OR day_of(resolved_at) > days_before(as_of(), param('alerts.keep_resolved_days'))
