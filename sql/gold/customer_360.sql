-- grain: account x as-of date, wide
-- key: as_of_date, account_id
-- storage: single
--
-- Everything known of an account in one row. A value that cannot be computed is NULL and
-- named in missing_reasons as "column: reason"; 0 means measured and zero. customer_id is
-- the customer (master_account_id). Scores are those of the primary scorecard and model,
-- and only accounts of active customers have them; priority_rank orders them by
-- revenue_at_risk_usd + expected_growth_usd. data_coverage is the share of source kinds
-- that the account's region has.
SELECT as_of() AS as_of_date, a.account_id, a.master_account_id, a.master_account_id AS customer_id, a.account_name, a.account_type, a.region, a.segment, a.industry,
       a.owner_id, a.owner_name, a.is_vip, a.customer_since,
       date_diff('month', a.customer_since, as_of()) - CASE WHEN day(a.customer_since) > day(as_of()) AND as_of() <> last_day(as_of()) THEN 1 ELSE 0 END AS tenure_months,
       a.customer_status, o.clv_usd,
       m.mrr_usd, m.mrr_usd * 12 AS arr_usd, m.mrr_12m_ago_usd, m.revenue_ttm_usd, m.revenue_prior_ttm_usd, r.yoy_growth, r.yoy_status,
       m.active_services, m.product_families, r.penetration_rate,
       m.open_cases, m.open_cases_30d_ago, m.cases_90d, m.escalations_90d,
       r.avg_first_response_minutes, m.unanswered_cases, m.oldest_unanswered_hours, m.closed_unanswered_90d, r.sla_compliance_90d, r.resolution_rate_90d, r.avg_resolution_hours_90d, m.sla_breaches_90d,
       m.outstanding_usd, m.outstanding_30d_ago_usd, m.overdue_usd, m.max_days_overdue, m.payment_risk, m.is_credit_hold,
       o.usage_change_90d, o.usage_trend, o.usage_score_10,
       r.win_rate_24m, r.avg_deal_size_usd, r.sales_cycle_days, m.open_pipeline_usd, m.weighted_pipeline_usd, m.current_stage,
       m.contract_end_date, r.days_to_expiry, r.renewal_rate_36m,
       m.last_contact_at, r.days_since_contact,
       CASE WHEN m.has_contact AND a.master_account_id IS NOT NULL THEN coalesce(r.days_since_contact > param('contacts.contact_flag_days'), true) END AS engagement_flag,
       o.nps_latest, o.csat_90d,
       o.health_score, o.health_status, o.health_coverage, o.health_score_30d_ago, o.peer_median_health,
       o.churn_risk_score, o.risk_level, o.churn_risk_score_30d_ago, o.churn_probability, o.revenue_at_risk_usd, o.revenue_at_risk_basis, o.expected_growth_usd,
       NULL AS communication_trend, o.priority_rank,
       m.fx_missing_count, r.data_coverage, x.missing_reasons
FROM gold.accounts a
JOIN gold.account_metrics m ON m.account_id = a.account_id
JOIN gold.account_rates r ON r.account_id = a.account_id
JOIN gold.missing_reasons x ON x.account_id = a.account_id
LEFT JOIN gold.account_outlook o ON o.account_id = a.account_id
