-- grain: alert on a measure of an account, per as-of date
-- key: as_of_date, alert_id
-- storage: state
--
-- One step of a walk over the as-of dates: what was open at the last one (past.alert_states)
-- stays open until its measure has come back to alerts.resolve_share of the threshold, and a
-- measure that passes its threshold opens an alert where none is open. So an alert does not
-- flap, keeps its id, and a replay of any as-of gives the same. A measure that is not known
-- opens nothing and resolves nothing; an alert of a customer that left is resolved. Resolved
-- ones are kept for alerts.keep_resolved_days.
WITH account AS (
  SELECT account_id FROM gold.account_status WHERE customer_status = 'active'
), spike AS (
  SELECT account_id, max(max_spike_ratio_7d) AS ratio FROM gold.usage_trend WHERE as_of_date = as_of() GROUP BY account_id
), measure AS (
  -- is_at_least: the threshold itself opens the alert.
  SELECT account_id, 'churn_risk' AS alert_type, churn_risk_score AS metric_value, param('churn.high_above') AS threshold, false AS is_at_least
  FROM gold.churn_risk WHERE as_of_date = as_of() AND is_primary
  UNION ALL
  SELECT account_id, 'overdue', undisputed_max_days_overdue, param('alerts.overdue_days'), false FROM gold.ar_aging WHERE as_of_date = as_of() AND overdue_usd IS NOT NULL
  UNION ALL
  SELECT account_id, 'credit_limit', credit_utilization, param('alerts.credit_utilization'), true FROM gold.ar_aging WHERE as_of_date = as_of()
  UNION ALL
  SELECT account_id, 'usage_spike', ratio, param('alerts.usage_spike_ratio'), false FROM spike
  UNION ALL
  -- Falls are measured by how far they go, so that every threshold is an upper one.
  SELECT account_id, 'usage_drop', -change_90d, param('alerts.usage_drop'), false FROM gold.usage_trend
  WHERE as_of_date = as_of() AND product_family = 'ALL' AND usage_type = 'ALL'
  UNION ALL
  SELECT account_id, 'no_contact', days_between(day_of(last_contact_at), as_of()), param('alerts.no_contact_days'), false FROM gold.account_metrics
  UNION ALL
  SELECT account_id, 'orders_slowing', ratio(days_since_last_order, interval_p90_days), param('alerts.order_gap_ratio'), false FROM gold.purchase_patterns
  WHERE as_of_date = as_of()
  UNION ALL
  SELECT account_id, 'health_falling', -change_30d, param('alerts.health_drop_points'), true FROM gold.health_score WHERE as_of_date = as_of() AND is_primary
), known AS (
  SELECT m.*, CASE WHEN is_at_least THEN metric_value >= threshold ELSE metric_value > threshold END AS is_over,
         metric_value <= threshold * param('alerts.resolve_share') AS is_back
  FROM measure m JOIN account a ON a.account_id = m.account_id
  WHERE m.metric_value IS NOT NULL
), earlier AS (
  SELECT alert_id, alert_type, account_id, metric_value, threshold, opened_on, resolved_on FROM past.alert_states
  WHERE as_of_date = (SELECT max(as_of_date) FROM past.alert_states)
), carried AS (
  SELECT e.alert_id, e.alert_type, e.account_id, e.opened_on,
         CASE WHEN e.resolved_on IS NOT NULL THEN e.metric_value ELSE k.metric_value END AS metric_value, coalesce(CASE WHEN e.resolved_on IS NULL THEN k.threshold END, e.threshold) AS threshold,
         CASE WHEN e.resolved_on IS NOT NULL THEN e.resolved_on WHEN k.is_back OR a.account_id IS NULL THEN as_of() END AS resolved_on
  FROM earlier e
  LEFT JOIN account a ON a.account_id = e.account_id
  LEFT JOIN known k ON k.account_id = e.account_id AND k.alert_type = e.alert_type
), opened AS (
  SELECT event_id('alert', k.alert_type, k.account_id, as_of()) AS alert_id, k.alert_type, k.account_id, as_of() AS opened_on, k.metric_value, k.threshold, CAST(NULL AS DATE) AS resolved_on
  FROM known k
  ANTI JOIN (SELECT account_id, alert_type FROM earlier WHERE resolved_on IS NULL) e ON e.account_id = k.account_id AND e.alert_type = k.alert_type
  WHERE k.is_over
)
SELECT as_of() AS as_of_date, alert_id, alert_type, account_id, metric_value, threshold, opened_on, resolved_on FROM carried
WHERE resolved_on IS NULL OR resolved_on > days_before(as_of(), param('alerts.keep_resolved_days'))
UNION ALL
SELECT as_of(), alert_id, alert_type, account_id, metric_value, threshold, opened_on, resolved_on FROM opened
