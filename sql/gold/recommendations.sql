-- grain: recommended action
-- key: recommendation_id
-- storage: single
--
-- What to do next for which account (recommendation_states says what holds and since when),
-- with the customer's own figures and an estimate of what it is worth:
--   Retention  12 x MRR x churn probability x save rate; while no probability is measured the
--              exposure, 12 x MRR x save rate (impact_basis says so; never add the two); win_back:
--              a year of orders (recommendations.slowing_share of it while only slowing) x save rate
--   Growth     value of a year x likelihood
--   Billing    undisputed overdue x cure rate
--   Support    12 x MRR x (p - p / risk ratio of missed service targets)
-- Figures and rates come from recommendation_facts. Of one rule, the customer's account with
-- the highest impact shows it (ties by id), the others are merged. Growth is suppressed
-- while a HIGH retention call or a credit hold of the customer is open.
WITH worded AS (
  SELECT *,
         CASE rule_id WHEN 'retention_call' THEN 'HIGH' WHEN 'technical_review' THEN 'HIGH' WHEN 'executive_relationship' THEN 'LOW' WHEN 'enterprise_pricing' THEN 'LOW' ELSE 'MEDIUM' END AS priority,
         CASE rule_id WHEN 'retention_call' THEN 'Retention' WHEN 'win_back' THEN 'Retention' WHEN 'payment_reminder' THEN 'Billing' WHEN 'technical_review' THEN 'Support' ELSE 'Growth' END AS action_type,
         CASE rule_id
           WHEN 'retention_call' THEN 'Schedule Retention Call with ' || account_name || coalesce(' before its contract ends on ' || contract_end_date, '') || '.'
           WHEN 'service_upgrade' THEN 'Propose Service Upgrade to ' || account_name || '.'
           WHEN 'payment_reminder' THEN 'Send Payment Reminder to ' || account_name || coalesce(' for ' || CASE WHEN undisputed_overdue_usd > 0 THEN usd_text(undisputed_overdue_usd) END, '') || '.'
           WHEN 'technical_review' THEN 'Hold a Technical Review Meeting with ' || account_name || '.'
           WHEN 'executive_relationship' THEN 'Start Executive Relationship Building with ' || account_name || '.'
           WHEN 'cross_sell' THEN 'Offer ' || coalesce(product_family, 'another product family') || ' to ' || account_name || '.'
           WHEN 'upsell' THEN 'Offer ' || account_name || ' a larger allowance' || coalesce(' of ' || product_family, '') || '.'
           WHEN 'enterprise_pricing' THEN 'Discuss enterprise pricing with ' || account_name || '.'
           WHEN 'win_back' THEN 'Find out why ' || account_name || ' orders less.'
           WHEN 'seasonal_order' THEN 'Call ' || account_name || ' before its season.'
           ELSE 'Help ' || account_name || ' to decide on its open deal.' END AS title,
         CASE rule_id
           WHEN 'retention_call' THEN 'The churn risk of ' || account_name || ' is ' || coalesce(score_text(churn_risk_score), 'high') || CASE WHEN days_left IS NULL OR is_ending_a_reason THEN '' ELSE ' and its contract ends in ' || counted(days_left, 'day', 'days') END || '.' || coalesce(' ' || churn_reasons, '')
                                       || CASE WHEN mrr_usd > 0 THEN ' It pays ' || usd_text(mrr_usd) || ' a month.' ELSE '' END
           WHEN 'service_upgrade' THEN 'Its use in the last seven days was ' || coalesce(format('{:.1f} times', spike_ratio), 'far above') || ' the usual day of the four weeks before, and it has ' || counted(active_services, 'active service', 'active services') || '.'
           WHEN 'payment_reminder' THEN coalesce(CASE WHEN undisputed_overdue_usd > 0 THEN usd_text(undisputed_overdue_usd) END, 'An amount') || ' is overdue for up to ' || counted(undisputed_max_days_overdue, 'day', 'days') || ' and not disputed.'
           WHEN 'technical_review' THEN counted(breaches, 'service target was', 'service targets were') || ' missed in the last ' || counted(param('recommendations.sla_window_days'), 'day', 'days') || CASE WHEN breaches = 1 THEN ', on ' ELSE ', last on ' END || last_breach_on || '.'
           WHEN 'executive_relationship' THEN 'Its revenue grew by ' || percent_text(growth) || ' to ' || usd_text(revenue_ttm_usd) || ' in the last 12 months.'
           ELSE flag_evidence || CASE WHEN flags > 1 THEN ' ' || CASE WHEN flags = 2 THEN 'One more opportunity' ELSE counted(flags - 1, 'more opportunity', 'more opportunities') END || ' of this kind at this account.' ELSE '' END END AS description,
         CASE rule_id
           WHEN 'retention_call' THEN 'The customer stays and renews its contract.' WHEN 'service_upgrade' THEN 'The customer moves to a service that fits its use.'
           WHEN 'payment_reminder' THEN 'The overdue amount is paid.' WHEN 'technical_review' THEN 'Causes are removed and service targets are met again.'
           WHEN 'executive_relationship' THEN 'The growing relationship is anchored with decision makers.' WHEN 'cross_sell' THEN 'The customer takes a further product family.'
           WHEN 'upsell' THEN 'The customer moves to a larger allowance.' WHEN 'enterprise_pricing' THEN 'Growth is secured by an agreement.' WHEN 'win_back' THEN 'The customer orders again.'
           WHEN 'seasonal_order' THEN 'The seasonal order comes to us.' ELSE 'The deal is decided, and won.' END AS expected_outcome,
         CASE rule_id
           WHEN 'retention_call' THEN CAST(mrr_usd AS DOUBLE) * 12 * coalesce(churn_probability, 1) * save_rate
           WHEN 'win_back' THEN CAST(annual_value_usd AS DOUBLE) * CASE WHEN purchase_status = 'slowing' THEN param('recommendations.slowing_share') ELSE 1 END * save_rate
           WHEN 'payment_reminder' THEN CAST(undisputed_overdue_usd AS DOUBLE) * cure_rate
           WHEN 'technical_review' THEN CAST(mrr_usd AS DOUBLE) * 12 * churn_probability * (1 - 1 / breach_risk_ratio)
           WHEN 'service_upgrade' THEN CAST(mrr_usd AS DOUBLE) * 12 * param('recommendations.upgrade_value_share') * param('recommendations.upgrade_likelihood')
           WHEN 'executive_relationship' THEN CAST(revenue_ttm_usd - revenue_prior_ttm_usd AS DOUBLE) * param('recommendations.executive_likelihood')
           ELSE CAST(expected_value_usd AS DOUBLE) END AS impact,
         CASE rule_id
           WHEN 'retention_call' THEN CASE WHEN mrr_usd IS NULL THEN 'The MRR is not known.'
             ELSE '12 x MRR ' || usd_text(mrr_usd) || coalesce(' x churn probability ' || percent_text(churn_probability), '') || ' x save rate ' || percent_text(save_rate) || CASE WHEN is_save_measured THEN ' (measured).' ELSE ' (configured).' END
                  || CASE WHEN churn_probability IS NULL THEN ' Exposure: no churn probability is measured yet.' ELSE '' END END
           WHEN 'win_back' THEN CASE WHEN annual_value_usd IS NULL THEN 'The value of its orders is not known.'
             ELSE 'A year of orders ' || usd_text(annual_value_usd) || CASE WHEN purchase_status = 'slowing' THEN ' x ' || percent_text(param('recommendations.slowing_share')) || ' (slowing, not lapsed)' ELSE '' END
                  || ' x save rate ' || percent_text(save_rate) || CASE WHEN is_save_measured THEN ' (measured).' ELSE ' (configured).' END END
           WHEN 'payment_reminder' THEN CASE WHEN undisputed_overdue_usd IS NULL THEN 'The overdue amount is not known.' ELSE 'Overdue ' || usd_text(undisputed_overdue_usd) || ' x cure rate ' || percent_text(cure_rate) || CASE WHEN is_cure_measured THEN ' (measured).' ELSE ' (configured).' END END
           WHEN 'technical_review' THEN CASE WHEN mrr_usd IS NULL THEN 'The MRR is not known.' WHEN breach_risk_ratio IS NULL THEN 'No measured effect of missed service targets on churn.' WHEN churn_probability IS NULL THEN 'No churn probability is measured yet.'
             WHEN mrr_usd = 0 THEN 'No recurring revenue.'
             ELSE '12 x MRR ' || usd_text(mrr_usd) || ' x (churn probability ' || percent_text(churn_probability) || ' - ' || percent_text(churn_probability / breach_risk_ratio) || ' without missed targets, risk ratio ' || format('{:.2f}', breach_risk_ratio) || ' measured).' END
           WHEN 'service_upgrade' THEN CASE WHEN mrr_usd IS NULL THEN 'The MRR is not known.'
             ELSE '12 x MRR ' || usd_text(mrr_usd) || ' x ' || percent_text(param('recommendations.upgrade_value_share')) || ' more x likelihood ' || percent_text(param('recommendations.upgrade_likelihood')) || ' (both configured).' END
           WHEN 'executive_relationship' THEN CASE WHEN growth IS NULL THEN 'The growth is not known.'
             ELSE 'Growth of the last 12 months ' || usd_text(revenue_ttm_usd - revenue_prior_ttm_usd) || ' x likelihood ' || percent_text(param('recommendations.executive_likelihood')) || ' (configured).' END
           ELSE CASE WHEN annual_value_usd IS NULL OR likelihood IS NULL THEN 'Value or likelihood is not known.'
                     ELSE CASE rule_id WHEN 'decision_due' THEN 'Deal ' ELSE 'Value of a year ' END || usd_text(annual_value_usd) || ' x likelihood ' || CASE WHEN likelihood < 1 AND percent_text(likelihood) = percent_text(1) THEN 'over 99 %' ELSE percent_text(likelihood) END
                          || CASE rule_id WHEN 'upsell' THEN ' (configured).' WHEN 'enterprise_pricing' THEN ' (configured).' WHEN 'decision_due' THEN '.' ELSE ' (measured).' END END END AS impact_basis
  FROM gold.recommendation_facts
), valued AS (
  SELECT *, CAST(round(impact, 2) AS DECIMAL(18,2)) AS impact_usd,
         bool_or(is_credit_hold OR (rule_id = 'retention_call' AND closed_as IS NULL)) OVER (PARTITION BY master_account_id) AS is_growth_blocked
  FROM worded
), shown AS (
  SELECT *,
         least(CASE WHEN rule_id IN ('seasonal_order', 'decision_due') AND flag_due_on >= opened_on THEN flag_due_on
                    ELSE CAST(opened_on + to_days(CAST(CASE priority WHEN 'HIGH' THEN param('recommendations.due_days.high') WHEN 'MEDIUM' THEN param('recommendations.due_days.medium')
                                                                     ELSE param('recommendations.due_days.low') END AS INTEGER)) AS DATE) END,
               CASE WHEN rule_id = 'retention_call' THEN contract_end_date END) AS due_on,
         row_number() OVER (PARTITION BY master_account_id, rule_id, closed_as IS NULL ORDER BY impact_usd DESC NULLS LAST, account_id) AS rank FROM valued
)
SELECT recommendation_id, master_account_id AS customer_id, account_id, as_of() AS as_of_date, rule_id, priority, action_type, rtrim(title, '.') || '.' AS action_title, coalesce(description, 'What fired the rule no longer holds.') AS action_description,
       expected_outcome, impact_usd AS estimated_impact_revenue, coalesce(impact_basis, 'Not known any more.') AS impact_basis,
       coalesce(CAST(impact_usd AS DOUBLE), 0) * CASE priority WHEN 'HIGH' THEN param('recommendations.priority_weights.high') WHEN 'MEDIUM' THEN param('recommendations.priority_weights.medium')
                                                               ELSE param('recommendations.priority_weights.low') END AS rank_score,
       coalesce(description, 'What fired the rule no longer holds.') AS evidence, owner_id, opened_on,
       due_on AS due_date,
       CASE WHEN rule_id = 'retention_call' AND contract_end_date IS NOT NULL THEN contract_end_date
            ELSE greatest(due_on, CAST(as_of() + to_days(CAST(param('recommendations.expires_days') AS INTEGER)) AS DATE)) END AS expires_on,
       CASE WHEN closed_as IS NOT NULL THEN closed_as WHEN action_type = 'Growth' AND is_growth_blocked THEN 'suppressed' WHEN rank = 1 THEN 'open' ELSE 'merged' END AS status
FROM shown
