-- grain: factor of a churn score
-- key: as_of_date, account_id, model_version, factor
-- storage: state
--
-- The five warning signs of the rules (rules_v1), each there or not there: usage down, cases
-- escalated, old debts, a contract that ends, silence. threshold is what raw_value must
-- pass to trigger. The score is 100 x (1 - product of (1 - weight) over the triggered ones),
-- so contribution = ln(1 - weight) / sum of it splits the score exactly and in any order;
-- points = contribution x score. A sign is missing where its source is: then it weighs
-- nothing. Below churn.min_coverage of the weights known there is no score and no points.
-- log_odds belongs to trained models and is NULL for rules.
WITH sign AS (
  SELECT account_id, 'usage_decline' AS factor, param('churn.weights.usage_decline') AS weight, usage_change AS raw_value, param('churn.usage_change_below') AS threshold,
         usage_change < param('churn.usage_change_below') AS is_triggered,
         'Usage of the last 90 days is ' || percent_text(abs(usage_change)) || CASE WHEN usage_change < 0 THEN ' below' ELSE ' above' END || ' the 90 days before.' AS evidence,
         no_usage_reason(usage_trend, has_usage) AS missing_reason
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'support_escalations', param('churn.weights.support_escalations'), escalations_90d, param('churn.escalations_from'),
         escalations_90d >= param('churn.escalations_from'),
         counted(escalations_90d, 'escalation', 'escalations') || ' in ' || CAST(param('customer_360.case_window_days') AS BIGINT) || ' days.', 'no case source'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'payment_overdue', param('churn.weights.payment_overdue'), CASE WHEN has_billing THEN coalesce(overdue_days, CASE WHEN NOT is_debt_unknown THEN 0 END) END, param('churn.overdue_above_days'),
         CASE WHEN has_billing THEN coalesce(overdue_days > param('churn.overdue_above_days'), CASE WHEN NOT is_debt_unknown THEN false END) END,
         CASE WHEN overdue_days > 0 THEN usd_text(undisputed_overdue_usd) || ' undisputed overdue, for up to ' || counted(overdue_days, 'day', 'days') || '.'
              ELSE 'Less than ' || usd_text(param('churn.overdue_min_usd')) || ' undisputed is overdue.' END,
         CASE WHEN has_billing THEN 'no exchange rate' ELSE 'no billing account' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'contract_ending', param('churn.weights.contract_ending'), date_diff('day', as_of(), contract_end_date), param('churn.contract_within_days'),
         CASE WHEN contracts > 0 THEN coalesce(date_diff('day', as_of(), contract_end_date) <= param('churn.contract_within_days'), false) END,
         CASE WHEN contract_end_date IS NULL THEN 'No active contract is left to renew.'
              ELSE 'A contract without successor ends in ' || counted(date_diff('day', as_of(), contract_end_date), 'day', 'days') || ', on ' || contract_end_date || '.' END,
         CASE WHEN has_contracts THEN 'no contract' ELSE 'no contract source' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'no_engagement', param('churn.weights.no_engagement'), CASE WHEN was_contacted THEN days_without_contact END, param('churn.no_engagement_above_days'),
         CASE WHEN was_contacted OR days_without_contact > param('churn.no_engagement_above_days') THEN days_without_contact > param('churn.no_engagement_above_days') END,
         CASE WHEN was_contacted THEN 'Last two-way contact ' || counted(days_without_contact, 'day', 'days') || ' ago.' ELSE 'No two-way contact on record.' END,
         CASE WHEN has_contact THEN 'no contact yet, and no more than ' || counted(param('churn.no_engagement_above_days'), 'day', 'days') || ' on record' ELSE 'no activity source' END
  FROM gold.score_inputs
), logged AS (
  SELECT *, ln(greatest(1 - weight, 1e-12)) AS log_stay FROM sign
), summed AS (
  SELECT account_id, ratio(coalesce(sum(exact(weight)) FILTER (WHERE is_triggered IS NOT NULL), 0), sum(exact(weight))) AS coverage,
         risk_of(list(weight ORDER BY factor) FILTER (WHERE is_triggered)) AS score,
         list_sum(list(log_stay ORDER BY factor) FILTER (WHERE is_triggered)) AS log_sum
  FROM logged GROUP BY account_id
), split AS (
  SELECT s.*, CASE WHEN t.coverage >= param('churn.min_coverage') THEN CASE WHEN s.is_triggered THEN s.log_stay / t.log_sum WHEN NOT s.is_triggered THEN 0 END END AS contribution,
         t.score
  FROM logged s JOIN summed t ON t.account_id = s.account_id
)
SELECT as_of() AS as_of_date, account_id, 'rules_v1' AS model_version, factor, CASE WHEN is_triggered IS NOT NULL THEN raw_value END AS raw_value, threshold, weight,
       coalesce(is_triggered, false) AS is_triggered, contribution * score AS points, NULL AS log_odds, is_triggered IS NULL AS is_missing,
       CASE WHEN is_triggered IS NULL THEN missing_reason END AS missing_reason,
       CASE WHEN is_triggered IS NOT NULL THEN evidence END AS evidence, contribution
FROM split
