-- grain: recommendation in force, per as-of date
-- key: as_of_date, recommendation_id
-- storage: state
--
-- Which rule holds for which account, one step of a walk over the as-of dates. What was open
-- at the last one (past.recommendation_states) stays open with its id while its rule holds,
-- over month ends too. One that was done or dismissed (action_log) stays closed; its rule
-- opens a new one when recommendations.cool_down_days have passed and another month has
-- begun, because a rule has one id per account and month. A measure that is not known never
-- fires a rule.
--
--   retention_call          churn risk above the limit and contract_end_date nearer than the limit
--   service_upgrade         usage spiked in the last seven days and the account has few services
--   payment_reminder        undisputed debt is overdue for longer than the limit
--   technical_review        a service target was missed in the last days
--   executive_relationship  revenue grew by more than the limit
--   the others              a flag of cross_sell_opportunities of that type
WITH account AS (
  SELECT m.account_id, m.active_services, m.contract_end_date,
         CASE WHEN m.has_24_months AND m.revenue_prior_ttm_usd > 0 THEN ratio(m.revenue_ttm_usd - m.revenue_prior_ttm_usd, m.revenue_prior_ttm_usd) END AS yoy_growth
  FROM gold.account_metrics m JOIN gold.account_status s ON s.account_id = m.account_id
  WHERE s.customer_status = 'active'
), firing AS (
  SELECT a.account_id, 'retention_call' AS rule_id
  FROM account a JOIN gold.churn_risk c ON c.account_id = a.account_id AND c.as_of_date = as_of() AND c.is_primary
  WHERE c.churn_risk_score > param('recommendations.churn_above') AND days_between(as_of(), a.contract_end_date) < param('recommendations.expiry_below_days')
  UNION ALL
  SELECT a.account_id, 'service_upgrade'
  FROM account a
  JOIN (SELECT account_id, max(max_spike_ratio_7d) AS ratio FROM gold.usage_trend WHERE as_of_date = as_of() GROUP BY account_id) u ON u.account_id = a.account_id
  WHERE u.ratio > param('recommendations.usage_spike_ratio') AND a.active_services < param('recommendations.services_below')
  UNION ALL
  SELECT a.account_id, 'payment_reminder'
  FROM account a JOIN gold.ar_aging g ON g.account_id = a.account_id AND g.as_of_date = as_of()
  WHERE g.undisputed_max_days_overdue > param('recommendations.overdue_above_days') AND g.overdue_usd IS NOT NULL
  UNION ALL
  SELECT a.account_id, 'technical_review'
  FROM account a
  JOIN (SELECT DISTINCT account_id FROM gold.account_incidents
        WHERE incident_kind = 'sla_breach' AND happened_on > days_before(as_of(), param('recommendations.sla_window_days'))) i ON i.account_id = a.account_id
  UNION ALL
  SELECT account_id, 'executive_relationship' FROM account WHERE yoy_growth > param('recommendations.growth_above')
  UNION ALL
  SELECT DISTINCT a.account_id, CASE f.flag_type WHEN 'declining_frequency' THEN 'win_back' ELSE f.flag_type END
  FROM gold.cross_sell_opportunities f JOIN account a ON a.account_id = f.account_id
),
earlier AS (
  SELECT recommendation_id, account_id, rule_id, period, opened_on, closed_on, closed_as FROM past.recommendation_states
  WHERE as_of_date = (SELECT max(as_of_date) FROM past.recommendation_states)
), answer AS (
  SELECT recommendation_id, min(day_of(acted_at)) AS closed_on, arg_min(action, (acted_at, action_id)) AS closed_as
  FROM gold.action_log
  WHERE action IN ('done', 'dismissed') AND acted_at < as_of_end() AND recommendation_id IS NOT NULL
  GROUP BY recommendation_id
), held AS (
  SELECT e.recommendation_id, e.account_id, e.rule_id, e.period, e.opened_on, coalesce(e.closed_on, n.closed_on) AS closed_on, coalesce(e.closed_as, n.closed_as) AS closed_as
  FROM earlier e LEFT JOIN answer n ON n.recommendation_id = e.recommendation_id
), kept AS (
  SELECT h.* FROM held h SEMI JOIN firing f ON f.account_id = h.account_id AND f.rule_id = h.rule_id WHERE h.closed_on IS NULL
  UNION ALL
  SELECT * FROM held
  WHERE closed_on IS NOT NULL AND (closed_on > days_before(as_of(), param('recommendations.cool_down_days')) OR period = strftime(as_of(), '%Y-%m'))
), opened AS (
  SELECT event_id('recommendation', f.account_id, f.rule_id, strftime(as_of(), '%Y-%m')) AS recommendation_id, f.account_id, f.rule_id, strftime(as_of(), '%Y-%m') AS period,
         as_of() AS opened_on
  FROM firing f ANTI JOIN kept k ON k.account_id = f.account_id AND k.rule_id = f.rule_id
)
SELECT as_of() AS as_of_date, recommendation_id, account_id, rule_id, period, opened_on, closed_on, closed_as FROM kept
UNION ALL
-- Answered on the very day on which it opened.
SELECT as_of(), o.recommendation_id, o.account_id, o.rule_id, o.period, o.opened_on, n.closed_on, n.closed_as
FROM opened o LEFT JOIN answer n ON n.recommendation_id = o.recommendation_id
