-- grain: account, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- Why measures of customer_360 are NULL, as "column: reason". A measure without a reason
-- here is there; 0 means measured and zero. What a source does not say of an account itself
-- (its owner, its industry) has no reason of its own.
WITH known AS (
  SELECT m.*, r.* EXCLUDE (account_id), o.* EXCLUDE (account_id, master_account_id, mrr_usd), o.account_id IS NOT NULL AS is_known,
         CASE WHEN NOT coalesce(o.is_active, false) THEN 'not an account of an active customer' END AS not_scored
  FROM gold.account_metrics m
  JOIN gold.account_rates r ON r.account_id = m.account_id
  LEFT JOIN gold.account_outlook o ON o.account_id = m.account_id
), debt AS (
  -- Columns that only a billing account can fill share its reason.
  SELECT account_id, CASE WHEN has_billing THEN 'no exchange rate' ELSE 'no billing account' END AS no_debt FROM gold.account_metrics
)
SELECT account_id, list_filter([
    CASE WHEN mrr_usd IS NULL THEN CASE WHEN has_mrr THEN 'mrr_usd: no exchange rate' ELSE 'mrr_usd: no source of recurring revenue' END END,
    CASE WHEN mrr_usd IS NULL THEN CASE WHEN has_mrr THEN 'arr_usd: no exchange rate' ELSE 'arr_usd: no source of recurring revenue' END END,
    CASE WHEN mrr_12m_ago_usd IS NULL THEN 'mrr_12m_ago_usd: no history' END,
    CASE WHEN revenue_ttm_usd IS NULL THEN CASE WHEN NOT has_revenue THEN 'revenue_ttm_usd: no billing source' WHEN has_billing THEN 'revenue_ttm_usd: no exchange rate'
                                                ELSE 'revenue_ttm_usd: no billing account' END END,
    CASE WHEN revenue_prior_ttm_usd IS NULL THEN 'revenue_prior_ttm_usd: revenue of that time is not known' END,
    CASE WHEN yoy_status IS NULL THEN 'yoy_status: revenue is not known' END,
    CASE WHEN yoy_status = 'insufficient_history' THEN 'yoy_growth: less than 24 months of revenue' WHEN yoy_status = 'new' THEN 'yoy_growth: no revenue in the prior 12 months'
         WHEN yoy_status IS NULL THEN 'yoy_growth: revenue is not known' END,
    CASE WHEN active_services IS NULL THEN CASE WHEN has_services THEN 'active_services: it pays, but no service of it is on record' ELSE 'active_services: no source of services' END END,
    CASE WHEN product_families IS NULL THEN 'product_families: no source of services' END,
    CASE WHEN penetration_rate IS NULL THEN 'penetration_rate: no families on sale in the region' END,
    CASE WHEN open_cases IS NULL THEN 'open_cases: no case source' END, CASE WHEN open_cases_30d_ago IS NULL THEN 'open_cases_30d_ago: no case source' END,
    CASE WHEN cases_90d IS NULL THEN 'cases_90d: no case source' END, CASE WHEN escalations_90d IS NULL THEN 'escalations_90d: no case source' END,
    CASE WHEN sla_breaches_90d IS NULL THEN CASE WHEN has_cases THEN 'sla_breaches_90d: no source of service targets' ELSE 'sla_breaches_90d: no case source' END END,
    CASE WHEN first_responses = 0 THEN CASE WHEN has_cases THEN 'avg_first_response_minutes: no answered case in 90 days' ELSE 'avg_first_response_minutes: no case source' END END,
    CASE WHEN unanswered_cases IS NULL THEN CASE WHEN has_cases THEN 'unanswered_cases: no source of replies' ELSE 'unanswered_cases: no case source' END END,
    CASE WHEN oldest_unanswered_hours IS NULL THEN 'oldest_unanswered_hours: ' || CASE WHEN unanswered_cases IS NULL THEN 'no source of replies' ELSE 'every open case has an answer' END END,
    CASE WHEN closed_unanswered_90d IS NULL THEN 'closed_unanswered_90d: no source of replies' END,
    CASE WHEN milestones_due = 0 THEN CASE WHEN has_cases THEN 'sla_compliance_90d: no milestone due in 90 days' ELSE 'sla_compliance_90d: no case source' END END,
    CASE WHEN resolutions_due = 0 THEN CASE WHEN has_cases THEN 'resolution_rate_90d: no resolution target due in 90 days' ELSE 'resolution_rate_90d: no case source' END END,
    CASE WHEN resolutions = 0 THEN CASE WHEN has_cases THEN 'avg_resolution_hours_90d: no case resolved' ELSE 'avg_resolution_hours_90d: no case source' END END,
    CASE WHEN outstanding_usd IS NULL THEN 'outstanding_usd: ' || no_debt END,
    CASE WHEN outstanding_30d_ago_usd IS NULL THEN 'outstanding_30d_ago_usd: ' || no_debt END, CASE WHEN overdue_usd IS NULL THEN 'overdue_usd: ' || no_debt END,
    CASE WHEN max_days_overdue IS NULL THEN 'max_days_overdue: ' || no_debt END, CASE WHEN payment_risk IS NULL THEN 'payment_risk: ' || no_debt END,
    CASE WHEN is_credit_hold IS NULL THEN 'is_credit_hold: ' || no_debt END,
    CASE WHEN win_rate_24m IS NULL THEN CASE WHEN has_sales THEN 'win_rate_24m: too few closed deals' ELSE 'win_rate_24m: no sales source' END END,
    CASE WHEN avg_deal_size_usd IS NULL THEN CASE WHEN has_sales THEN 'avg_deal_size_usd: no won deal in 24 months' ELSE 'avg_deal_size_usd: no sales source' END END,
    CASE WHEN sales_cycle_days IS NULL THEN CASE WHEN has_sales THEN 'sales_cycle_days: no won deal in 24 months' ELSE 'sales_cycle_days: no sales source' END END,
    CASE WHEN open_pipeline_usd IS NULL THEN 'open_pipeline_usd: ' || CASE WHEN has_sales THEN 'no amount or exchange rate' ELSE 'no sales source' END END,
    CASE WHEN weighted_pipeline_usd IS NULL THEN 'weighted_pipeline_usd: ' || CASE WHEN has_sales THEN 'no amount, probability or exchange rate' ELSE 'no sales source' END END,
    CASE WHEN current_stage IS NULL THEN 'current_stage: ' || CASE WHEN has_sales THEN 'the open deals have no stage' ELSE 'no sales source' END END,
    CASE WHEN contract_end_date IS NULL THEN 'contract_end_date: ' || CASE WHEN has_contracts THEN 'no active contract left to renew' ELSE 'no contract source' END END,
    CASE WHEN days_to_expiry IS NULL THEN 'days_to_expiry: ' || CASE WHEN has_contracts THEN 'no active contract left to renew' ELSE 'no contract source' END END,
    CASE WHEN renewal_rate_36m IS NULL THEN CASE WHEN has_contracts THEN 'renewal_rate_36m: no contract ended in 36 months' ELSE 'renewal_rate_36m: no contract source' END END,
    CASE WHEN last_contact_at IS NULL THEN 'last_contact_at: ' || CASE WHEN has_contact THEN 'no contact on record' ELSE 'no activity source' END END,
    CASE WHEN days_since_contact IS NULL THEN 'days_since_contact: ' || CASE WHEN has_contact THEN 'no contact on record' ELSE 'no activity source' END END,
    CASE WHEN NOT has_contact OR master_account_id IS NULL THEN 'engagement_flag: ' || CASE WHEN has_contact THEN 'no known account' ELSE 'no activity source' END END,
    CASE WHEN clv_usd IS NULL THEN 'clv_usd: ' || CASE WHEN NOT is_known THEN 'no known account' ELSE coalesce(replace(clv_status, '_', ' '), 'no revenue history') END END,
    CASE WHEN usage_change_90d IS NULL THEN 'usage_change_90d: ' || no_usage_reason(usage_trend, has_usage) END,
    CASE WHEN usage_trend IS NULL THEN 'usage_trend: ' || no_usage_reason(usage_trend, has_usage) END,
    CASE WHEN usage_score_10 IS NULL THEN 'usage_score_10: ' || CASE WHEN usage_trend IS NOT NULL THEN 'no live service, or none to compare with' ELSE no_usage_reason(usage_trend, has_usage) END END,
    CASE WHEN nps_latest IS NULL THEN 'nps_latest: ' || CASE WHEN nps_responses > 0 THEN counted(nps_responses, 'answer', 'answers') || ', fewer than ' || CAST(param('surveys.min_n') AS BIGINT) WHEN has_surveys THEN 'no answer' ELSE 'no survey source' END END,
    CASE WHEN csat_90d IS NULL THEN 'csat_90d: ' || CASE WHEN csat_responses_90d > 0 THEN counted(csat_responses_90d, 'answer', 'answers') || ', fewer than ' || CAST(param('surveys.min_n') AS BIGINT) WHEN has_surveys THEN 'no answer' ELSE 'no survey source' END END,
    CASE WHEN health_score IS NULL THEN 'health_score: ' || coalesce(not_scored, 'only ' || percent_text(health_coverage) || ' of the weights known') END,
    CASE WHEN health_status IS NULL THEN 'health_status: ' || coalesce(not_scored, 'no score') END, CASE WHEN health_coverage IS NULL THEN 'health_coverage: ' || coalesce(not_scored, 'no score') END,
    CASE WHEN health_score_30d_ago IS NULL THEN 'health_score_30d_ago: ' || coalesce(not_scored, 'no score of 30 days ago') END,
    CASE WHEN peer_median_health IS NULL THEN 'peer_median_health: ' || coalesce(not_scored, 'fewer than ' || counted(param('health.peer_min_n'), 'score', 'scores') || ' in the segment') END,
    CASE WHEN churn_risk_score IS NULL THEN 'churn_risk_score: ' || coalesce(not_scored, 'only ' || percent_text(churn_coverage) || ' of the weights known') END,
    CASE WHEN risk_level IS NULL THEN 'risk_level: ' || coalesce(not_scored, 'no churn score') END,
    CASE WHEN churn_risk_score_30d_ago IS NULL THEN 'churn_risk_score_30d_ago: ' || coalesce(not_scored, 'no score of 30 days ago') END,
    CASE WHEN churn_probability IS NULL THEN 'churn_probability: ' || coalesce(not_scored, CASE WHEN churn_risk_score IS NULL THEN 'no churn score' ELSE 'too few customers have left to tell' END) END,
    CASE WHEN revenue_at_risk_usd IS NULL THEN 'revenue_at_risk_usd: ' || coalesce(not_scored, CASE WHEN churn_risk_score IS NULL THEN 'no churn score' ELSE 'mrr is not known' END) END,
    CASE WHEN revenue_at_risk_basis IS NULL THEN 'revenue_at_risk_basis: ' || coalesce(not_scored, CASE WHEN churn_risk_score IS NULL THEN 'no churn score' ELSE 'mrr is not known' END) END,
    CASE WHEN expected_growth_usd IS NULL THEN 'expected_growth_usd: ' || coalesce(not_scored, 'no source of services') END,
    'communication_trend: texts are not analysed',
    CASE WHEN priority_rank IS NULL THEN 'priority_rank: ' || coalesce(not_scored, 'neither risk nor growth is known') END
  ], lambda r: r IS NOT NULL) AS missing_reasons
FROM known JOIN debt USING (account_id)
