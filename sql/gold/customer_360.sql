-- grain: account x as-of date, wide
-- key: as_of_date, account_id
-- storage: single
--
-- Everything known of an account in one row. A value that cannot be computed is NULL and
-- named in missing_reasons as "column: reason"; 0 means measured and zero. customer_id is
-- the customer (master_account_id). data_coverage is the share of source kinds (services,
-- billing, cases, sales, contracts, contact, usage, surveys) that the account's region has.
WITH measured AS (
  SELECT m.*,
         CASE WHEN m.revenue_ttm_usd IS NULL THEN NULL
              WHEN NOT coalesce(m.has_24_months, false) THEN 'insufficient_history'
              WHEN coalesce(m.revenue_prior_ttm_usd, 0) <= 0 THEN 'new' ELSE 'ok' END AS yoy_status,
         ratio(m.product_families, m.families_on_sale) AS penetration_rate,
         date_diff('day', day_of(m.last_contact_at), as_of()) AS days_since_contact,
         (CAST(m.has_services AS INTEGER) + CAST(m.has_revenue AS INTEGER) + CAST(m.has_cases AS INTEGER) + CAST(m.has_sales AS INTEGER)
          + CAST(m.has_contracts AS INTEGER) + CAST(m.has_contact AS INTEGER) + CAST(m.has_usage AS INTEGER) + CAST(m.has_surveys AS INTEGER)) / 8.0 AS data_coverage
  FROM gold.account_metrics m
), reason AS (
  SELECT account_id, list_filter([
      CASE WHEN mrr_usd IS NULL THEN CASE WHEN has_mrr THEN 'mrr_usd: no exchange rate' ELSE 'mrr_usd: no source of recurring revenue' END END,
      CASE WHEN mrr_12m_ago_usd IS NULL THEN 'mrr_12m_ago_usd: no history' END,
      CASE WHEN revenue_ttm_usd IS NULL THEN CASE WHEN NOT has_revenue THEN 'revenue_ttm_usd: no billing source' WHEN has_billing THEN 'revenue_ttm_usd: no exchange rate'
                                                  ELSE 'revenue_ttm_usd: no billing account' END END,
      CASE WHEN yoy_status = 'insufficient_history' THEN 'yoy_growth: less than 24 months of revenue' WHEN yoy_status = 'new' THEN 'yoy_growth: no revenue in the prior 12 months'
           WHEN yoy_status IS NULL THEN 'yoy_growth: revenue is not known' END,
      CASE WHEN active_services IS NULL THEN 'active_services: no source of services' END,
      CASE WHEN penetration_rate IS NULL THEN 'penetration_rate: no families on sale in the region' END,
      CASE WHEN open_cases IS NULL THEN 'open_cases: no case source' END,
      CASE WHEN first_responses = 0 THEN CASE WHEN has_cases THEN 'avg_first_response_minutes: no answered case in 90 days' ELSE 'avg_first_response_minutes: no case source' END END,
      CASE WHEN milestones_due = 0 THEN CASE WHEN has_cases THEN 'sla_compliance_90d: no milestone due in 90 days' ELSE 'sla_compliance_90d: no case source' END END,
      CASE WHEN resolutions_due = 0 THEN CASE WHEN has_cases THEN 'resolution_rate_90d: no resolution target due in 90 days' ELSE 'resolution_rate_90d: no case source' END END,
      CASE WHEN resolutions = 0 THEN CASE WHEN has_cases THEN 'avg_resolution_hours_90d: no case resolved' ELSE 'avg_resolution_hours_90d: no case source' END END,
      CASE WHEN outstanding_usd IS NULL THEN CASE WHEN has_billing THEN 'outstanding_usd: no exchange rate' ELSE 'outstanding_usd: no billing account' END END,
      CASE WHEN closed_24m < param('opportunities.win_rate_min_n') THEN CASE WHEN has_sales THEN 'win_rate_24m: too few closed deals' ELSE 'win_rate_24m: no sales source' END END,
      CASE WHEN won_valued_24m = 0 THEN CASE WHEN has_sales THEN 'avg_deal_size_usd: no won deal in 24 months' ELSE 'avg_deal_size_usd: no sales source' END END,
      CASE WHEN cycles_24m = 0 THEN CASE WHEN has_sales THEN 'sales_cycle_days: no won deal in 24 months' ELSE 'sales_cycle_days: no sales source' END END,
      CASE WHEN open_pipeline_usd IS NULL THEN CASE WHEN has_sales THEN 'open_pipeline_usd: no amount or exchange rate' ELSE 'open_pipeline_usd: no sales source' END END,
      CASE WHEN contract_end_date IS NULL THEN CASE WHEN has_contracts THEN 'contract_end_date: no active contract left to renew' ELSE 'contract_end_date: no contract source' END END,
      CASE WHEN decided_36m = 0 THEN CASE WHEN has_contracts THEN 'renewal_rate_36m: no contract ended in 36 months' ELSE 'renewal_rate_36m: no contract source' END END,
      CASE WHEN last_contact_at IS NULL THEN CASE WHEN has_contact THEN 'last_contact_at: no contact on record' ELSE 'last_contact_at: no activity source' END END,
      'clv_usd: not computed yet', 'usage_change_90d: not computed yet', 'usage_score_10: not computed yet', 'nps_latest: not computed yet', 'csat_90d: not computed yet',
      'health_score: not computed yet', 'churn_risk_score: not computed yet', 'communication_trend: not computed yet', 'priority_rank: not computed yet'
    ], lambda r: r IS NOT NULL) AS missing_reasons
  FROM measured
)
SELECT as_of() AS as_of_date, a.account_id, a.master_account_id, a.master_account_id AS customer_id, a.account_name, a.account_type, a.region, a.segment, a.industry,
       a.owner_id, a.owner_name, a.is_vip, a.customer_since, date_diff('month', a.customer_since, as_of()) - CASE WHEN day(a.customer_since) > day(as_of()) AND as_of() <> last_day(as_of()) THEN 1 ELSE 0 END AS tenure_months,
       a.customer_status,
       m.mrr_usd, m.mrr_usd * 12 AS arr_usd, m.mrr_12m_ago_usd, m.revenue_ttm_usd, m.revenue_prior_ttm_usd,
       CASE WHEN m.yoy_status = 'ok' THEN ratio(m.revenue_ttm_usd - m.revenue_prior_ttm_usd, m.revenue_prior_ttm_usd) END AS yoy_growth, m.yoy_status,
       m.active_services, m.product_families, m.penetration_rate,
       m.open_cases, m.open_cases_30d_ago, m.cases_90d, m.escalations_90d,
       ratio(m.first_response_minutes, m.first_responses) AS avg_first_response_minutes,
       ratio(m.milestones_met, m.milestones_due) AS sla_compliance_90d, ratio(m.resolutions_met, m.resolutions_due) AS resolution_rate_90d,
       ratio(m.resolution_hours, m.resolutions) AS avg_resolution_hours_90d, m.sla_breaches_90d,
       m.outstanding_usd, m.outstanding_30d_ago_usd, m.overdue_usd, m.max_days_overdue, m.payment_risk, m.is_credit_hold,
       ratio(m.won_24m, m.closed_24m, param('opportunities.win_rate_min_n')) AS win_rate_24m,
       CAST(round(ratio(m.won_usd_24m, m.won_valued_24m), 2) AS DECIMAL(18,2)) AS avg_deal_size_usd, ratio(m.cycle_days_24m, m.cycles_24m) AS sales_cycle_days,
       m.open_pipeline_usd, m.weighted_pipeline_usd, m.current_stage,
       m.contract_end_date, date_diff('day', as_of(), m.contract_end_date) AS days_to_expiry, ratio(m.renewed_36m, m.decided_36m) AS renewal_rate_36m,
       m.last_contact_at, m.days_since_contact,
       CASE WHEN m.has_contact AND a.master_account_id IS NOT NULL THEN coalesce(m.days_since_contact > param('contacts.contact_flag_days'), true) END AS engagement_flag,
       NULL AS clv_usd, NULL AS usage_change_90d, NULL AS usage_trend, NULL AS usage_score_10, NULL AS nps_latest, NULL AS csat_90d,
       NULL AS health_score, NULL AS health_status, NULL AS health_coverage, NULL AS health_score_30d_ago, NULL AS peer_median_health,
       NULL AS churn_risk_score, NULL AS risk_level, NULL AS churn_risk_score_30d_ago, NULL AS churn_probability, NULL AS revenue_at_risk_usd,
       NULL AS expected_growth_usd, NULL AS communication_trend, NULL AS priority_rank,
       m.fx_missing_count, m.data_coverage, r.missing_reasons
FROM gold.accounts a
JOIN measured m ON m.account_id = a.account_id
JOIN reason r ON r.account_id = a.account_id
