-- check: gold_keys
-- severity: error
-- table: gold.accounts
-- about: Keys of gold tables are unique and never NULL. A double key means that a join of the model
-- multiplies rows.
SELECT 'account_groups' AS table_name, concat_ws('|', coalesce(CAST(group_key AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.account_groups
GROUP BY group_key, account_id HAVING count(*) > 1 OR group_key IS NULL OR account_id IS NULL
UNION ALL
SELECT 'account_issue_patterns' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(reason AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.account_issue_patterns
GROUP BY as_of_date, account_id, product_family, reason HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR product_family IS NULL OR reason IS NULL
UNION ALL
SELECT 'account_link' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(matched_account_id AS VARCHAR), '\N'), coalesce(CAST(method AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.account_link
GROUP BY account_id, matched_account_id, method HAVING count(*) > 1 OR account_id IS NULL OR matched_account_id IS NULL OR method IS NULL
UNION ALL
SELECT 'account_master' AS table_name, CAST(master_account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_master
GROUP BY master_account_id HAVING count(*) > 1 OR master_account_id IS NULL
UNION ALL
SELECT 'account_members' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_members
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_metrics' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_metrics
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_outlook' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_outlook
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_rates' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_rates
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_satisfaction' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_satisfaction
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_status' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_status
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'accounts' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.accounts
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'ar_aging' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.ar_aging
GROUP BY as_of_date, account_id HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL
UNION ALL
SELECT 'billing_quality' AS table_name, concat_ws('|', coalesce(CAST(month_start AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.billing_quality
GROUP BY month_start, account_id HAVING count(*) > 1 OR month_start IS NULL OR account_id IS NULL
UNION ALL
SELECT 'business_time' AS table_name, concat_ws('|', coalesce(CAST(calendar_id AS VARCHAR), '\N'), coalesce(CAST(opens_at AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.business_time
GROUP BY calendar_id, opens_at HAVING count(*) > 1 OR calendar_id IS NULL OR opens_at IS NULL
UNION ALL
SELECT 'case_milestones' AS table_name, CAST(case_milestone_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.case_milestones
GROUP BY case_milestone_id HAVING count(*) > 1 OR case_milestone_id IS NULL
UNION ALL
SELECT 'churn_outcomes' AS table_name, concat_ws('|', coalesce(CAST(cutoff_date AS VARCHAR), '\N'), coalesce(CAST(horizon_days AS VARCHAR), '\N'), coalesce(CAST(master_account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.churn_outcomes
GROUP BY cutoff_date, horizon_days, master_account_id HAVING count(*) > 1 OR cutoff_date IS NULL OR horizon_days IS NULL OR master_account_id IS NULL
UNION ALL
SELECT 'churn_risk' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(model_version AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.churn_risk
GROUP BY as_of_date, account_id, model_version HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR model_version IS NULL
UNION ALL
SELECT 'churn_risk_factors' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(model_version AS VARCHAR), '\N'), coalesce(CAST(factor AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.churn_risk_factors
GROUP BY as_of_date, account_id, model_version, factor HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR model_version IS NULL OR factor IS NULL
UNION ALL
SELECT 'contact_events' AS table_name, concat_ws('|', coalesce(CAST(source_object AS VARCHAR), '\N'), coalesce(CAST(source_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.contact_events
GROUP BY source_object, source_id HAVING count(*) > 1 OR source_object IS NULL OR source_id IS NULL
UNION ALL
SELECT 'contract_opportunities' AS table_name, concat_ws('|', coalesce(CAST(contract_id AS VARCHAR), '\N'), coalesce(CAST(opportunity_id AS VARCHAR), '\N'), coalesce(CAST(role AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.contract_opportunities
GROUP BY contract_id, opportunity_id, role HAVING count(*) > 1 OR contract_id IS NULL OR opportunity_id IS NULL OR role IS NULL
UNION ALL
SELECT 'contracts' AS table_name, CAST(contract_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.contracts
GROUP BY contract_id HAVING count(*) > 1 OR contract_id IS NULL
UNION ALL
SELECT 'customer_360' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.customer_360
GROUP BY as_of_date, account_id HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL
UNION ALL
SELECT 'customer_outlook' AS table_name, CAST(master_account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.customer_outlook
GROUP BY master_account_id HAVING count(*) > 1 OR master_account_id IS NULL
UNION ALL
SELECT 'cutoff_accounts' AS table_name, concat_ws('|', coalesce(CAST(cutoff_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.cutoff_accounts
GROUP BY cutoff_date, account_id HAVING count(*) > 1 OR cutoff_date IS NULL OR account_id IS NULL
UNION ALL
SELECT 'cutoff_scores' AS table_name, concat_ws('|', coalesce(CAST(cutoff_date AS VARCHAR), '\N'), coalesce(CAST(score_name AS VARCHAR), '\N'), coalesce(CAST(model_version AS VARCHAR), '\N'), coalesce(CAST(master_account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.cutoff_scores
GROUP BY cutoff_date, score_name, model_version, master_account_id HAVING count(*) > 1 OR cutoff_date IS NULL OR score_name IS NULL OR model_version IS NULL OR master_account_id IS NULL
UNION ALL
SELECT 'end_users' AS table_name, CAST(end_user_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.end_users
GROUP BY end_user_id HAVING count(*) > 1 OR end_user_id IS NULL
UNION ALL
SELECT 'fx_rates' AS table_name, concat_ws('|', coalesce(CAST(rate_day AS VARCHAR), '\N'), coalesce(CAST(currency_iso_code AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.fx_rates
GROUP BY rate_day, currency_iso_code HAVING count(*) > 1 OR rate_day IS NULL OR currency_iso_code IS NULL
UNION ALL
SELECT 'health_measures' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(measure AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.health_measures
GROUP BY account_id, measure HAVING count(*) > 1 OR account_id IS NULL OR measure IS NULL
UNION ALL
SELECT 'health_score' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(scorecard_version AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.health_score
GROUP BY as_of_date, account_id, scorecard_version HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR scorecard_version IS NULL
UNION ALL
SELECT 'health_score_components' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(scorecard_version AS VARCHAR), '\N'), coalesce(CAST(dimension AS VARCHAR), '\N'), coalesce(CAST(measure AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.health_score_components
GROUP BY as_of_date, account_id, scorecard_version, dimension, measure HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR scorecard_version IS NULL OR dimension IS NULL OR measure IS NULL
UNION ALL
SELECT 'health_scorecards' AS table_name, concat_ws('|', coalesce(CAST(scorecard_version AS VARCHAR), '\N'), coalesce(CAST(dimension AS VARCHAR), '\N'), coalesce(CAST(measure AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.health_scorecards
GROUP BY scorecard_version, dimension, measure HAVING count(*) > 1 OR scorecard_version IS NULL OR dimension IS NULL OR measure IS NULL
UNION ALL
SELECT 'invoices' AS table_name, CAST(invoice_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.invoices
GROUP BY invoice_id HAVING count(*) > 1 OR invoice_id IS NULL
UNION ALL
SELECT 'issue_patterns' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(reason AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.issue_patterns
GROUP BY as_of_date, product_family, reason HAVING count(*) > 1 OR as_of_date IS NULL OR product_family IS NULL OR reason IS NULL
UNION ALL
SELECT 'missing_reasons' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.missing_reasons
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'mrr_monthly' AS table_name, concat_ws('|', coalesce(CAST(month_start AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.mrr_monthly
GROUP BY month_start, account_id, product_family HAVING count(*) > 1 OR month_start IS NULL OR account_id IS NULL OR product_family IS NULL
UNION ALL
SELECT 'mrr_spans' AS table_name, CAST(span_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.mrr_spans
GROUP BY span_id HAVING count(*) > 1 OR span_id IS NULL
UNION ALL
SELECT 'opportunities' AS table_name, CAST(opportunity_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.opportunities
GROUP BY opportunity_id HAVING count(*) > 1 OR opportunity_id IS NULL
UNION ALL
SELECT 'opportunity_line_items' AS table_name, CAST(opportunity_line_item_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.opportunity_line_items
GROUP BY opportunity_line_item_id HAVING count(*) > 1 OR opportunity_line_item_id IS NULL
UNION ALL
SELECT 'opportunity_stage_history' AS table_name, concat_ws('|', coalesce(CAST(opportunity_id AS VARCHAR), '\N'), coalesce(CAST(stage_seq AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.opportunity_stage_history
GROUP BY opportunity_id, stage_seq HAVING count(*) > 1 OR opportunity_id IS NULL OR stage_seq IS NULL
UNION ALL
SELECT 'process_cycle_times' AS table_name, concat_ws('|', coalesce(CAST(month_start AS VARCHAR), '\N'), coalesce(CAST(process_name AS VARCHAR), '\N'), coalesce(CAST(step_name AS VARCHAR), '\N'), coalesce(CAST(region AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.process_cycle_times
GROUP BY month_start, process_name, step_name, region, product_family HAVING count(*) > 1 OR month_start IS NULL OR process_name IS NULL OR step_name IS NULL OR region IS NULL OR product_family IS NULL
UNION ALL
SELECT 'revenue_metrics' AS table_name, concat_ws('|', coalesce(CAST(month_start AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.revenue_metrics
GROUP BY month_start, account_id, product_family HAVING count(*) > 1 OR month_start IS NULL OR account_id IS NULL OR product_family IS NULL
UNION ALL
SELECT 'sales_funnel' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(funnel AS VARCHAR), '\N'), coalesce(CAST(region AS VARCHAR), '\N'), coalesce(CAST(stage_name AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.sales_funnel
GROUP BY as_of_date, funnel, region, stage_name HAVING count(*) > 1 OR as_of_date IS NULL OR funnel IS NULL OR region IS NULL OR stage_name IS NULL
UNION ALL
SELECT 'sales_stages' AS table_name, concat_ws('|', coalesce(CAST(source_system AS VARCHAR), '\N'), coalesce(CAST(stage_name AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.sales_stages
GROUP BY source_system, stage_name HAVING count(*) > 1 OR source_system IS NULL OR stage_name IS NULL
UNION ALL
SELECT 'satisfaction_monthly' AS table_name, concat_ws('|', coalesce(CAST(month_start AS VARCHAR), '\N'), coalesce(CAST(survey_type AS VARCHAR), '\N'), coalesce(CAST(dimension AS VARCHAR), '\N'), coalesce(CAST(dimension_value AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.satisfaction_monthly
GROUP BY month_start, survey_type, dimension, dimension_value HAVING count(*) > 1 OR month_start IS NULL OR survey_type IS NULL OR dimension IS NULL OR dimension_value IS NULL
UNION ALL
SELECT 'score_inputs' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.score_inputs
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'services' AS table_name, CAST(asset_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.services
GROUP BY asset_id HAVING count(*) > 1 OR asset_id IS NULL
UNION ALL
SELECT 'support_cases' AS table_name, CAST(case_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.support_cases
GROUP BY case_id HAVING count(*) > 1 OR case_id IS NULL
UNION ALL
SELECT 'survey_responses' AS table_name, CAST(survey_response_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.survey_responses
GROUP BY survey_response_id HAVING count(*) > 1 OR survey_response_id IS NULL
UNION ALL
SELECT 'timeline_events' AS table_name, CAST(event_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.timeline_events
GROUP BY event_id HAVING count(*) > 1 OR event_id IS NULL
UNION ALL
SELECT 'unassigned_facts' AS table_name, concat_ws('|', coalesce(CAST(source_region AS VARCHAR), '\N'), coalesce(CAST(silver_table AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.unassigned_facts
GROUP BY source_region, silver_table HAVING count(*) > 1 OR source_region IS NULL OR silver_table IS NULL
UNION ALL
SELECT 'usage_breaches' AS table_name, CAST(usage_breach_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.usage_breaches
GROUP BY usage_breach_id HAVING count(*) > 1 OR usage_breach_id IS NULL
UNION ALL
SELECT 'usage_daily' AS table_name, concat_ws('|', coalesce(CAST(usage_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(usage_type AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.usage_daily
GROUP BY usage_date, account_id, product_family, usage_type HAVING count(*) > 1 OR usage_date IS NULL OR account_id IS NULL OR product_family IS NULL OR usage_type IS NULL
UNION ALL
SELECT 'usage_events' AS table_name, CAST(usage_event_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.usage_events
GROUP BY usage_event_id HAVING count(*) > 1 OR usage_event_id IS NULL
UNION ALL
SELECT 'usage_trend' AS table_name, concat_ws('|', coalesce(CAST(as_of_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(usage_type AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.usage_trend
GROUP BY as_of_date, account_id, product_family, usage_type HAVING count(*) > 1 OR as_of_date IS NULL OR account_id IS NULL OR product_family IS NULL OR usage_type IS NULL
UNION ALL
SELECT 'usage_weeks' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(usage_type AS VARCHAR), '\N'), coalesce(CAST(week_start AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.usage_weeks
GROUP BY account_id, product_family, usage_type, week_start HAVING count(*) > 1 OR account_id IS NULL OR product_family IS NULL OR usage_type IS NULL OR week_start IS NULL
UNION ALL
SELECT 'usage_windows' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(product_family AS VARCHAR), '\N'), coalesce(CAST(usage_type AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM gold.usage_windows
GROUP BY account_id, product_family, usage_type HAVING count(*) > 1 OR account_id IS NULL OR product_family IS NULL OR usage_type IS NULL
UNION ALL
SELECT 'account_cases' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_cases
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_debt_before' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_debt_before
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_revenue' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_revenue
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_sales' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM gold.account_sales
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
