-- grain: recommendation in force, with the figures of its account
-- key: recommendation_id
-- storage: single
--
-- What the sentences and estimates of recommendations are made of. Of several flags of one
-- rule at an account the best one speaks for all. Save and cure rate are measured from the
-- action log once recommendations.measured_min_n outcomes are known, else configured. Missed
-- service targets have an effect only where driver_analysis found that they go with churn
-- beyond chance.
WITH held AS (
  SELECT s.recommendation_id, s.account_id, s.rule_id, s.opened_on, s.closed_as, m.master_account_id, m.owner_id, coalesce(m.account_name, m.account_id) AS name
  FROM gold.recommendation_states s JOIN gold.account_members m ON m.account_id = s.account_id
  WHERE s.as_of_date = as_of()
), outcome AS (
  SELECT count(*) FILTER (WHERE rule_id IN ('retention_call', 'win_back')) AS saves_n, count(*) FILTER (WHERE rule_id IN ('retention_call', 'win_back') AND outcome = 'success') AS saves,
         count(*) FILTER (WHERE rule_id = 'payment_reminder') AS cures_n, count(*) FILTER (WHERE rule_id = 'payment_reminder' AND outcome = 'success') AS cures
  FROM gold.action_log
  WHERE action = 'done' AND outcome IN ('success', 'failure') AND coalesce(outcome_at, acted_at) < as_of_end()
), rate AS (
  SELECT coalesce(ratio(saves, saves_n, param('recommendations.measured_min_n')), param('recommendations.save_rate')) AS save_rate, saves_n >= param('recommendations.measured_min_n') AS is_save_measured,
         coalesce(ratio(cures, cures_n, param('recommendations.measured_min_n')), param('recommendations.cure_rate')) AS cure_rate, cures_n >= param('recommendations.measured_min_n') AS is_cure_measured
  FROM outcome
), breach_effect AS (
  SELECT max(risk_ratio) FILTER (WHERE ci_low > 1) AS risk_ratio FROM gold.driver_analysis WHERE outcome = 'churn_12m' AND driver = 'sla_breach'
), flag AS (
  -- The best flag of a rule at an account speaks for all of them.
  SELECT account_id, rule_id, product_family, annual_value_usd, likelihood, expected_value_usd, due_on, evidence, flags FROM (
    SELECT *, row_number() OVER w AS rank, count(*) OVER (PARTITION BY account_id, rule_id) AS flags
    FROM (SELECT *, CASE flag_type WHEN 'declining_frequency' THEN 'win_back' ELSE flag_type END AS rule_id FROM gold.cross_sell_opportunities)
    WINDOW w AS (PARTITION BY account_id, rule_id ORDER BY expected_value_usd DESC NULLS LAST, opportunity_flag_id))
  WHERE rank = 1
), hold AS (
  SELECT DISTINCT master_account_id FROM gold.ar_aging WHERE as_of_date = as_of() AND is_credit_hold AND master_account_id IS NOT NULL
), breach AS (
  SELECT account_id, count(*) AS breaches, max(happened_on) AS last_on FROM gold.account_incidents
  WHERE incident_kind = 'sla_breach' AND happened_on > days_before(as_of(), param('recommendations.sla_window_days'))
  GROUP BY account_id
), reason AS (
  SELECT f.account_id, string_agg(f.evidence, ' ' ORDER BY exact(-f.contribution), f.factor) AS reasons, bool_or(f.factor = 'contract_ending') AS names_ending
  FROM gold.churn_risk_factors f JOIN gold.churn_risk c ON c.account_id = f.account_id AND c.model_version = f.model_version AND c.as_of_date = as_of() AND c.is_primary
  WHERE f.as_of_date = as_of() AND f.is_triggered
  GROUP BY f.account_id
), spike AS (
  SELECT account_id, max(max_spike_ratio_7d) AS spike_ratio FROM gold.usage_trend WHERE as_of_date = as_of() GROUP BY account_id
)
SELECT h.recommendation_id, h.account_id, h.master_account_id, h.owner_id, h.name AS account_name, h.rule_id, h.opened_on, h.closed_as,
       k.mrr_usd, k.active_services, k.contract_end_date, days_between(as_of(), k.contract_end_date) AS days_left, k.revenue_ttm_usd, k.revenue_prior_ttm_usd,
       ratio(k.revenue_ttm_usd - k.revenue_prior_ttm_usd, k.revenue_prior_ttm_usd) AS growth, c.churn_risk_score, c.churn_probability, e.reasons AS churn_reasons, coalesce(e.names_ending, false) AS is_ending_a_reason,
       g.undisputed_overdue_usd, g.undisputed_max_days_overdue, d.master_account_id IS NOT NULL AS is_credit_hold, b.breaches, b.last_on AS last_breach_on, u.spike_ratio,
       f.product_family, f.annual_value_usd, f.likelihood, f.expected_value_usd, f.due_on AS flag_due_on, f.evidence AS flag_evidence, f.flags, q.purchase_status,
       r.save_rate, r.is_save_measured, r.cure_rate, r.is_cure_measured, x.risk_ratio AS breach_risk_ratio
FROM held h
JOIN gold.account_metrics k ON k.account_id = h.account_id
CROSS JOIN rate r CROSS JOIN breach_effect x -- one row each
LEFT JOIN gold.churn_risk c ON c.account_id = h.account_id AND c.as_of_date = as_of() AND c.is_primary
LEFT JOIN reason e ON e.account_id = h.account_id
LEFT JOIN gold.ar_aging g ON g.account_id = h.account_id AND g.as_of_date = as_of()
LEFT JOIN hold d ON d.master_account_id = h.master_account_id
LEFT JOIN breach b ON b.account_id = h.account_id
LEFT JOIN spike u ON u.account_id = h.account_id
LEFT JOIN gold.purchase_patterns q ON q.account_id = h.account_id AND q.as_of_date = as_of()
LEFT JOIN flag f ON f.account_id = h.account_id AND f.rule_id = h.rule_id
