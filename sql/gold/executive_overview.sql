-- grain: as-of date
-- key: as_of_date
-- storage: state
--
-- The group in one row. customers are active global customers; healthy, at_risk, critical and
-- insufficient_data sum to them, and so do the three risk counts and without_risk_score.
-- Amounts include those of unknown accounts. Retention is that of the last closed month over
-- twelve months. yoy_growth is NULL unless the revenue of every account reaches back 24 months.
-- revenue_at_risk_usd has one basis, never a mixture: 'probability' where any customer has a
-- churn probability, else 'exposure' (a year of MRR of HIGH customers).
WITH customer AS (
  SELECT count(*) AS customers,
         count(*) FILTER (WHERE health_status = 'HEALTHY') AS healthy, count(*) FILTER (WHERE health_status = 'AT_RISK') AS at_risk,
         count(*) FILTER (WHERE health_status = 'CRITICAL') AS critical,
         count(*) FILTER (WHERE health_status IS NULL OR health_status NOT IN ('HEALTHY', 'AT_RISK', 'CRITICAL')) AS insufficient_data,
         count(*) FILTER (WHERE risk_level = 'HIGH') AS high_risk, count(*) FILTER (WHERE risk_level = 'MEDIUM') AS medium_risk,
         count(*) FILTER (WHERE risk_level = 'LOW') AS low_risk,
         count(*) FILTER (WHERE risk_level IS NULL OR risk_level NOT IN ('HIGH', 'MEDIUM', 'LOW')) AS without_risk_score,
         exact_mean(clv_usd) AS avg_clv_usd
  FROM gold.account_master WHERE customer_status = 'active'
), money AS (
  SELECT sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(revenue_prior_ttm_usd) AS revenue_prior_ttm_usd, sum(mrr_usd) AS mrr_usd,
         bool_and(coalesce(has_24_months, false)) FILTER (WHERE revenue_ttm_usd IS NOT NULL) AS has_24_months,
         sum(milestones_met) AS milestones_met, sum(milestones_due) AS milestones_due,
         sum(open_pipeline_usd) AS open_pipeline_usd, sum(outstanding_usd) AS outstanding_usd
  FROM gold.account_metrics
), risk AS (
  SELECT CASE WHEN count(*) FILTER (WHERE revenue_at_risk_basis = 'probability') > 0 THEN 'probability'
              WHEN count(*) FILTER (WHERE revenue_at_risk_basis = 'exposure') > 0 THEN 'exposure' END AS basis,
         sum(revenue_at_risk_usd) FILTER (WHERE revenue_at_risk_basis = 'probability') AS probable_usd,
         sum(revenue_at_risk_usd) FILTER (WHERE revenue_at_risk_basis = 'exposure') AS exposed_usd
  FROM gold.churn_risk WHERE is_primary AND as_of_date = as_of()
), concentration AS (
  -- Squares of amounts, not of rounded shares: a million small customers must not vanish.
  SELECT sum(revenue_ttm_usd) FILTER (WHERE revenue_rank <= 5) AS top5_usd, sum(CAST(revenue_ttm_usd AS DECIMAL(38,2)) * CAST(revenue_ttm_usd AS DECIMAL(38,2))) AS squares
  FROM gold.revenue_concentration WHERE as_of_date = as_of()
), answer AS (
  SELECT sum(promoters) - sum(detractors) AS promoters_net, sum(responses) AS responses FROM gold.nps_trailing WHERE month_start = this_month()
)
SELECT as_of() AS as_of_date, c.customers, m.revenue_ttm_usd, m.mrr_usd, m.mrr_usd * 12 AS arr_usd,
       CASE WHEN m.has_24_months AND m.revenue_prior_ttm_usd > 0 THEN ratio(m.revenue_ttm_usd - m.revenue_prior_ttm_usd, m.revenue_prior_ttm_usd) END AS yoy_growth,
       r.nrr AS nrr_12m, r.grr AS grr_12m, r.logo_retention AS logo_retention_12m,
       CAST(round(c.avg_clv_usd, 2) AS DECIMAL(18,2)) AS avg_clv_usd,
       c.healthy, c.at_risk, c.critical, c.insufficient_data, c.high_risk, c.medium_risk, c.low_risk, c.without_risk_score,
       CASE k.basis WHEN 'probability' THEN k.probable_usd WHEN 'exposure' THEN k.exposed_usd END AS revenue_at_risk_usd, k.basis AS revenue_at_risk_basis,
       CASE WHEN m.revenue_ttm_usd > 0 THEN ratio(t.top5_usd, m.revenue_ttm_usd) END AS top5_share,
       CASE WHEN m.revenue_ttm_usd > 0 THEN CAST(t.squares AS DOUBLE) / (CAST(m.revenue_ttm_usd AS DOUBLE) * CAST(m.revenue_ttm_usd AS DOUBLE)) END AS hhi,
       ratio(100 * a.promoters_net, a.responses, param('surveys.min_n')) AS nps,
       ratio(m.milestones_met, m.milestones_due) AS sla_compliance_90d, m.open_pipeline_usd, m.outstanding_usd
FROM customer c
CROSS JOIN money m
CROSS JOIN risk k
CROSS JOIN concentration t
CROSS JOIN answer a
LEFT JOIN gold.retention_monthly r ON r.month_start = closed_month() AND r.dimension = 'all' AND r.window_months = 12
