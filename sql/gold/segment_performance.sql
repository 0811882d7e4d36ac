-- grain: segment x as-of date
-- key: as_of_date, scheme, segment
-- storage: single
--
-- How each segment does, by every scheme of account_segments. A customer stands with all its
-- accounts in the segment of its primary account (UNKNOWN where the scheme does not place it),
-- so customers and amounts of a scheme sum to the totals; what belongs to unknown accounts is
-- the segment UNASSIGNED. Counts and averages cover active customers.
--
-- yoy_growth is NULL ('insufficient_history') unless the revenue of every account reaches back
-- 24 months. Margins are of the last twelve closed months, over revenue whose costs are known
-- (margin_coverage says how much of what was billed that is); where costs of service are unknown they are before
-- these. Retention is that of the last closed month over twelve months, by today's segment.
WITH scheme AS (
  SELECT DISTINCT scheme FROM gold.account_segments WHERE as_of_date = as_of()
), customer AS (
  SELECT s.scheme, coalesce(g.segment, 'UNKNOWN') AS segment, m.master_account_id, m.customer_status = 'active' AS is_active, m.clv_usd, m.churn_probability
  FROM gold.account_master m
  JOIN gold.master_primary p ON p.master_account_id = m.master_account_id AND this_month() BETWEEN p.from_month AND p.until_month
  CROSS JOIN scheme s
  LEFT JOIN gold.account_segments g ON g.account_id = p.account_id AND g.scheme = s.scheme AND g.as_of_date = as_of()
), money AS (
  SELECT master_account_id, sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(revenue_prior_ttm_usd) AS revenue_prior_ttm_usd,
         bool_and(coalesce(has_24_months, false)) FILTER (WHERE revenue_ttm_usd IS NOT NULL) AS has_24_months
  FROM gold.account_metrics GROUP BY master_account_id
), margin AS (
  SELECT master_account_id, sum(gross_margin_usd) AS gross_margin_usd, sum(revenue_usd) FILTER (WHERE gross_margin_usd IS NOT NULL) AS costed_usd,
         sum(revenue_usd) FILTER (WHERE revenue_usd > 0 AND gross_margin_usd IS NOT NULL) AS billed_costed_usd, sum(revenue_usd) FILTER (WHERE revenue_usd > 0) AS billed_usd
  FROM gold.revenue_metrics WHERE month_start BETWEEN months_before(closed_month(), 11) AND closed_month()
  GROUP BY master_account_id
), answer AS (
  SELECT a.master_account_id, sum(n.promoters) AS promoters, sum(n.detractors) AS detractors, sum(n.responses) AS responses
  FROM gold.nps_trailing n JOIN gold.account_members a ON a.account_id = n.account_id
  WHERE n.month_start = this_month()
  GROUP BY a.master_account_id
), placed AS (
  SELECT c.scheme, c.segment, c.is_active, c.clv_usd, c.churn_probability, m.revenue_ttm_usd, m.revenue_prior_ttm_usd, m.has_24_months,
         g.gross_margin_usd, g.costed_usd, g.billed_costed_usd, g.billed_usd, r.opening_mrr_usd, r.closing_mrr_usd, r.is_retained, n.promoters, n.detractors, n.responses
  FROM customer c
  LEFT JOIN money m ON m.master_account_id = c.master_account_id
  LEFT JOIN margin g ON g.master_account_id = c.master_account_id
  LEFT JOIN gold.customer_retention r ON r.master_account_id = c.master_account_id
  LEFT JOIN answer n ON n.master_account_id = c.master_account_id
  UNION ALL
  SELECT s.scheme, 'UNASSIGNED', false, NULL, NULL, m.revenue_ttm_usd, m.revenue_prior_ttm_usd, m.has_24_months, g.gross_margin_usd, g.costed_usd, g.billed_costed_usd, g.billed_usd,
         NULL, NULL, NULL, NULL, NULL, NULL
  FROM money m CROSS JOIN scheme s LEFT JOIN margin g ON g.master_account_id IS NULL
  WHERE m.master_account_id IS NULL
), summed AS (
  SELECT scheme, segment, count(*) FILTER (WHERE is_active) AS customers,
         sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(revenue_prior_ttm_usd) AS revenue_prior_ttm_usd, bool_and(has_24_months) AS has_24_months,
         sum(gross_margin_usd) AS gross_margin_usd, sum(costed_usd) AS costed_usd,
         sum(billed_costed_usd) AS billed_costed_usd, sum(billed_usd) AS billed_usd,
         exact_mean(CASE WHEN is_active THEN clv_usd END) AS avg_clv_usd, exact_mean(CASE WHEN is_active THEN churn_probability END) AS avg_churn_probability,
         count(opening_mrr_usd) AS opening_customers, count(*) FILTER (WHERE is_retained) AS retained_customers,
         sum(opening_mrr_usd) AS opening_usd, sum(closing_mrr_usd) AS closing_usd,
         sum(promoters) - sum(detractors) AS promoters_net, sum(responses) AS responses
  FROM placed GROUP BY scheme, segment
)
SELECT as_of() AS as_of_date, scheme, segment, customers, revenue_ttm_usd, revenue_prior_ttm_usd,
       CASE WHEN has_24_months AND revenue_prior_ttm_usd > 0 THEN ratio(revenue_ttm_usd - revenue_prior_ttm_usd, revenue_prior_ttm_usd) END AS yoy_growth,
       CASE WHEN revenue_ttm_usd IS NULL THEN NULL WHEN NOT has_24_months THEN 'insufficient_history' WHEN coalesce(revenue_prior_ttm_usd, 0) <= 0 THEN 'new' ELSE 'ok' END AS yoy_status,
       gross_margin_usd, CASE WHEN costed_usd > 0 THEN ratio(gross_margin_usd, costed_usd) END AS margin_rate,
       CASE WHEN gross_margin_usd IS NOT NULL THEN ratio(billed_costed_usd, billed_usd) END AS margin_coverage,
       CAST(round(avg_clv_usd, 2) AS DECIMAL(18,2)) AS avg_clv_usd, avg_churn_probability,
       ratio(retained_customers, opening_customers) AS logo_retention_12m, ratio(closing_usd, opening_usd) AS nrr_12m,
       ratio(100 * promoters_net, responses, param('surveys.min_n')) AS nps,
       list_extract(list_transform(list_filter(param_list('segments.strategic_goals'), lambda g: starts_with(g, scheme || ': ' || segment || ': ')),
                                   lambda g: substr(g, length(scheme || ': ' || segment || ': ') + 1)), 1) AS strategic_goal
FROM summed
