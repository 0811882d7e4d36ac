-- grain: alert
-- key: alert_id
-- storage: single
--
-- What somebody should know of now, for active customers: open alerts, and those resolved in
-- the last alerts.keep_resolved_days. Those on measures (churn, debt, credit, usage, contact,
-- orders, health) come from alert_states, which opens and resolves them with hysteresis over the
-- as-of dates; service targets, escalations and renewals from alert_events. A dismissed alert
-- stays dismissed (action_log). A resolved alert on a measure says what opened it and when,
-- not how the account stands today.
WITH account AS (
  SELECT m.account_id, m.master_account_id, m.owner_id, coalesce(m.account_name, m.account_id) AS name
  FROM gold.account_members m JOIN gold.account_status s ON s.account_id = m.account_id
  WHERE s.customer_status = 'active'
),

churn AS (
  SELECT c.account_id, min(c.recommended_action) AS recommended_action, string_agg(f.evidence, ' ' ORDER BY exact(-f.contribution), f.factor) AS reasons
  FROM gold.churn_risk c
  LEFT JOIN gold.churn_risk_factors f ON f.account_id = c.account_id AND f.model_version = c.model_version AND f.as_of_date = as_of() AND f.is_triggered
  WHERE c.as_of_date = as_of() AND c.is_primary
  GROUP BY c.account_id
), health AS (
  SELECT account_id, health_score, score_30d_ago, replace(main_detractor, '_', ' ') AS main_detractor FROM gold.health_score WHERE as_of_date = as_of() AND is_primary
), debt AS (
  SELECT account_id, undisputed_overdue_usd, outstanding_usd, credit_limit_usd FROM gold.ar_aging WHERE as_of_date = as_of()
), buying AS (
  SELECT account_id, days_since_last_order, last_order_on, median_interval_days, interval_p90_days FROM gold.purchase_patterns WHERE as_of_date = as_of()
), measured AS (
  SELECT s.account_id, s.alert_id, s.alert_type, '' AS source_id, s.metric_value, s.threshold, day_start(s.opened_on) AS opened_at, day_start(s.resolved_on) AS resolved_at,
         CASE s.alert_type
           WHEN 'churn_risk' THEN 'HIGH'
           WHEN 'overdue' THEN CASE WHEN s.metric_value > param('ar.high_overdue_days') THEN 'HIGH' ELSE 'MEDIUM' END
           WHEN 'credit_limit' THEN CASE WHEN s.metric_value >= 1 THEN 'HIGH' ELSE 'MEDIUM' END
           WHEN 'orders_slowing' THEN CASE WHEN s.metric_value > param('purchases.lapsed_factor') THEN 'HIGH' ELSE 'MEDIUM' END
           WHEN 'health_falling' THEN CASE WHEN h.health_score < param('health.at_risk_from') THEN 'HIGH' ELSE 'MEDIUM' END
           WHEN 'usage_spike' THEN 'LOW' ELSE 'MEDIUM' END AS severity,
         CASE WHEN s.resolved_on IS NOT NULL THEN 'Resolved: ' || CASE s.alert_type
             WHEN 'churn_risk' THEN 'high churn risk' WHEN 'overdue' THEN 'overdue invoices' WHEN 'credit_limit' THEN 'use of the credit limit' WHEN 'usage_spike' THEN 'unusual use'
             WHEN 'usage_drop' THEN 'drop in use' WHEN 'no_contact' THEN 'missing contact' WHEN 'orders_slowing' THEN 'missing orders' ELSE 'falling health' END || ' of ' || a.name
           ELSE CASE s.alert_type
           WHEN 'churn_risk' THEN a.name || ' is likely to leave: churn risk ' || coalesce(score_text(s.metric_value), 'above ' || score_text(s.threshold))
           WHEN 'overdue' THEN a.name || ' owes undisputed invoices' || coalesce(' overdue for ' || counted(s.metric_value, 'day', 'days'), '')
           WHEN 'credit_limit' THEN a.name || ' has used ' || coalesce(percent_text(s.metric_value), 'most') || ' of its credit limit'
           WHEN 'usage_spike' THEN a.name || ' uses ' || coalesce(format('{:.1f}', s.metric_value) || ' times as much as usual', 'much more than usual')
           WHEN 'usage_drop' THEN a.name || ' uses ' || coalesce(percent_text(s.metric_value) || ' less than in the 90 days before', 'much less than before')
           WHEN 'no_contact' THEN 'There has been no contact with ' || a.name || coalesce(' for ' || counted(s.metric_value, 'day', 'days'), ' for long')
           WHEN 'orders_slowing' THEN a.name || ' has not ordered for ' || coalesce(counted(p.days_since_last_order, 'day', 'days'), 'long')
           ELSE 'The health of ' || a.name || ' fell' || coalesce(' by ' || counted(round(s.metric_value), 'point', 'points') || ' in 30 days', '') END END AS title,
         CASE WHEN s.resolved_on IS NOT NULL THEN 'Opened on ' || s.opened_on || ' for ' || CASE s.alert_type
             WHEN 'churn_risk' THEN 'a churn risk above ' || score_text(s.threshold) || ' of 100'
             WHEN 'overdue' THEN 'undisputed invoices overdue for more than ' || counted(s.threshold, 'day', 'days')
             WHEN 'credit_limit' THEN 'use of ' || percent_text(s.threshold) || ' or more of the credit limit'
             WHEN 'usage_spike' THEN 'use of more than ' || format('{:.1f}', s.threshold) || ' times the usual day'
             WHEN 'usage_drop' THEN 'a drop in use of more than ' || percent_text(s.threshold) || ' in 90 days'
             WHEN 'no_contact' THEN 'more than ' || counted(s.threshold, 'day', 'days') || ' without contact'
             WHEN 'orders_slowing' THEN 'a time without orders longer than ' || CASE WHEN s.threshold = 1 THEN '' ELSE format('{:.1f}', s.threshold) || ' times ' END || 'the interval it keeps nine times of ten'
             ELSE 'a fall in health of ' || counted(round(s.threshold), 'point', 'points') || ' or more in 30 days' END || ', and resolved on ' || s.resolved_on || '.'
           ELSE CASE s.alert_type
           WHEN 'churn_risk' THEN 'The churn risk passed ' || score_text(s.threshold) || ' of 100.' || coalesce(' ' || c.reasons, '') || coalesce(' Next step: ' || c.recommended_action || '.', '')
           WHEN 'overdue' THEN CASE WHEN d.undisputed_overdue_usd IS NULL THEN 'The amount is not known.' ELSE usd_text(d.undisputed_overdue_usd) || ' is overdue and not disputed.' END
           WHEN 'credit_limit' THEN CASE WHEN d.outstanding_usd IS NULL OR d.credit_limit_usd IS NULL THEN 'The amounts are not known.'
                                    ELSE usd_text(d.outstanding_usd) || ' is outstanding, of a credit limit of ' || usd_text(d.credit_limit_usd) || '.' END
           WHEN 'usage_spike' THEN 'In the last seven days the mean day of a service was more than ' || format('{:.1f}', s.threshold) || ' times the usual day of the four weeks before.'
           WHEN 'usage_drop' THEN 'The mean day of the last 90 days against the 90 days before.'
           WHEN 'no_contact' THEN 'No meeting, call or exchange of messages in which both sides took part for more than ' || counted(s.threshold, 'day', 'days') || '.'
           WHEN 'orders_slowing' THEN CASE WHEN p.account_id IS NULL THEN 'The orders are not known.'
             ELSE 'It usually orders every ' || counted(round(p.median_interval_days), 'day', 'days') || ', and nine times of ten within ' || counted(round(p.interval_p90_days), 'day', 'days')
                  || '; the last order was on ' || p.last_order_on || '.' END
           ELSE 'From ' || coalesce(format('{:.0f}', h.score_30d_ago), 'an unknown score') || ' to ' || coalesce(format('{:.0f}', h.health_score), 'an unknown score') || coalesce('; most points are lost in ' || h.main_detractor, '') || '.' END END AS description
  FROM gold.alert_states s
  JOIN account a ON a.account_id = s.account_id
  LEFT JOIN churn c ON c.account_id = s.account_id
  LEFT JOIN health h ON h.account_id = s.account_id
  LEFT JOIN debt d ON d.account_id = s.account_id
  LEFT JOIN buying p ON p.account_id = s.account_id
  WHERE s.as_of_date = as_of()
),

alert AS (
  SELECT account_id, alert_id, alert_type, source_id, metric_value, threshold, opened_at, resolved_at, severity, title, description FROM measured
  UNION ALL SELECT account_id, alert_id, alert_type, source_id, metric_value, threshold, opened_at, resolved_at, severity, title, description FROM gold.alert_events
), dismissed AS (
  SELECT DISTINCT alert_id FROM gold.action_log WHERE action = 'dismissed' AND acted_at < as_of_end() AND alert_id IS NOT NULL
)
SELECT l.alert_id, a.master_account_id AS customer_id, l.account_id, l.alert_type, l.severity, rtrim(l.title, '.') || '.' AS alert_title, l.description AS alert_description,
       l.metric_value, l.threshold, l.opened_at, l.resolved_at,
       CASE WHEN l.resolved_at IS NOT NULL THEN 'resolved' WHEN d.alert_id IS NOT NULL THEN 'dismissed' ELSE 'open' END AS status,
       a.owner_id, NULL AS notified_at, NULL AS channel, l.source_id
FROM alert l
JOIN account a ON a.account_id = l.account_id
LEFT JOIN dismissed d ON d.alert_id = l.alert_id
