-- grain: account, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- The rates of an account, from the numerators and denominators of account_metrics. A rate
-- without its denominator is NULL. data_coverage is the share of source kinds (services,
-- billing, cases, sales, contracts, contact, usage, surveys) that the account's region has.
WITH growth AS (
  SELECT account_id,
         CASE WHEN revenue_ttm_usd IS NULL THEN NULL
              WHEN NOT coalesce(has_24_months, false) THEN 'insufficient_history'
              WHEN coalesce(revenue_prior_ttm_usd, 0) <= 0 THEN 'new' ELSE 'ok' END AS yoy_status
  FROM gold.account_metrics
)
SELECT m.account_id,
       CASE WHEN g.yoy_status = 'ok' THEN ratio(m.revenue_ttm_usd - m.revenue_prior_ttm_usd, m.revenue_prior_ttm_usd) END AS yoy_growth, g.yoy_status,
       ratio(m.product_families, m.families_on_sale) AS penetration_rate,
       ratio(m.first_response_minutes, m.first_responses) AS avg_first_response_minutes,
       ratio(m.milestones_met, m.milestones_due) AS sla_compliance_90d, ratio(m.resolutions_met, m.resolutions_due) AS resolution_rate_90d,
       ratio(m.resolution_hours, m.resolutions) AS avg_resolution_hours_90d,
       ratio(m.won_24m, m.closed_24m, param('opportunities.win_rate_min_n')) AS win_rate_24m,
       CAST(round(ratio(m.won_usd_24m, m.won_valued_24m), 2) AS DECIMAL(18,2)) AS avg_deal_size_usd, ratio(m.cycle_days_24m, m.cycles_24m) AS sales_cycle_days,
       date_diff('day', as_of(), m.contract_end_date) AS days_to_expiry, ratio(m.renewed_36m, m.decided_36m) AS renewal_rate_36m,
       date_diff('day', day_of(m.last_contact_at), as_of()) AS days_since_contact,
       (CAST(m.has_services AS INTEGER) + CAST(m.has_revenue AS INTEGER) + CAST(m.has_cases AS INTEGER) + CAST(m.has_sales AS INTEGER)
        + CAST(m.has_contracts AS INTEGER) + CAST(m.has_contact AS INTEGER) + CAST(m.has_usage AS INTEGER) + CAST(m.has_surveys AS INTEGER)) / 8.0 AS data_coverage
FROM gold.account_metrics m JOIN growth g ON g.account_id = m.account_id
