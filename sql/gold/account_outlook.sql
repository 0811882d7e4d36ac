-- grain: known account
-- key: account_id
-- storage: single
--
-- What the models say of an account, side by side: lifetime value, usage, satisfaction,
-- health, churn, growth, and its place among the accounts of active customers by what is at
-- risk and to be won together (priority_rank, ties by id). Scores are those of the primary
-- scorecard and model. peer_median_health is the median health of the accounts of its
-- segment, itself included, from health.peer_min_n scores on. expected_growth_usd sums what
-- cross-selling may bring; 0 where nothing was found for a customer whose services are known.
WITH health AS (
  SELECT * FROM gold.health_score WHERE is_primary
), churn AS (
  SELECT * FROM gold.churn_risk WHERE is_primary
), peer AS (
  SELECT a.segment, CASE WHEN count(h.health_score) >= param('health.peer_min_n') THEN exact_quantile(h.health_score, 0.5) END AS peer_median_health
  FROM health h JOIN gold.account_members a ON a.account_id = h.account_id
  GROUP BY a.segment
), growth AS (
  SELECT account_id, sum(expected_value_usd) AS expected_growth_usd
  FROM gold.cross_sell_opportunities WHERE has_item(param_list('rollup.growth_flags'), flag_type)
  GROUP BY account_id
), outlook AS (
  SELECT a.account_id, a.master_account_id, s.customer_status = 'active' AS is_active, m.mrr_usd, v.clv_usd, v.status AS clv_status,
         u.change_90d AS usage_change_90d, u.trend AS usage_trend, u.usage_score_10,
         n.nps_latest, coalesce(n.nps_responses, 0) AS nps_responses, n.csat_90d, coalesce(n.csat_responses_90d, 0) AS csat_responses_90d,
         h.health_score, h.health_status, h.coverage AS health_coverage, h.score_30d_ago AS health_score_30d_ago, CASE WHEN s.customer_status = 'active' THEN p.peer_median_health END AS peer_median_health,
         c.churn_risk_score, c.risk_level, c.coverage AS churn_coverage, c.score_30d_ago AS churn_risk_score_30d_ago, c.churn_probability, c.revenue_at_risk_usd, c.revenue_at_risk_basis,
         CASE WHEN s.customer_status = 'active' THEN coalesce(g.expected_growth_usd, CASE WHEN m.has_services THEN 0 END) END AS expected_growth_usd
  FROM gold.account_members a
  JOIN gold.account_status s ON s.account_id = a.account_id
  JOIN gold.account_metrics m ON m.account_id = a.account_id
  LEFT JOIN gold.clv v ON v.account_id = a.account_id
  LEFT JOIN gold.usage_trend u ON u.account_id = a.account_id AND u.product_family = 'ALL' AND u.usage_type = 'ALL'
  LEFT JOIN gold.account_satisfaction n ON n.account_id = a.account_id
  LEFT JOIN health h ON h.account_id = a.account_id
  LEFT JOIN churn c ON c.account_id = a.account_id
  LEFT JOIN peer p ON p.segment = a.segment
  LEFT JOIN growth g ON g.account_id = a.account_id
), valued AS (
  SELECT *, CASE WHEN is_active AND (revenue_at_risk_usd IS NOT NULL OR expected_growth_usd IS NOT NULL)
                 THEN coalesce(revenue_at_risk_usd, 0) + coalesce(expected_growth_usd, 0) END AS priority_value_usd
  FROM outlook
)
SELECT *, CASE WHEN priority_value_usd IS NOT NULL THEN row_number() OVER (ORDER BY priority_value_usd DESC NULLS LAST, account_id) END AS priority_rank
FROM valued
