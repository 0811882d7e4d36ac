-- grain: customer rank
-- key: as_of_date, revenue_rank
-- storage: single
--
-- Who brings the revenue, and what would go with them. Three blocks of twelve months:
-- revenue_ttm_usd to the as-of date, revenue_y2_usd and revenue_y3_usd before it. share is of
-- all revenue, that of unknown accounts included, so shares may sum to less than 1; it is
-- NULL when the total is not above 0. cagr_3y is the yearly growth over the two years between
-- the first and the third block, NULL with less than 36 months of revenue in a region of the
-- customer. expected_loss_usd is revenue times churn probability, NULL without one. Every
-- customer with revenue in the twelve months has a rank, ties by id.
WITH money AS (
  SELECT master_account_id, sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(revenue_prior_ttm_usd) AS revenue_y2_usd, sum(revenue_y3_usd) AS revenue_y3_usd,
         bool_and(coalesce(has_36_months, false)) AS has_36_months
  FROM gold.account_metrics WHERE master_account_id IS NOT NULL
  GROUP BY master_account_id
), total AS (
  SELECT sum(revenue_ttm_usd) AS revenue_usd FROM gold.account_metrics
), ranked AS (
  SELECT *, row_number() OVER (ORDER BY revenue_ttm_usd DESC, master_account_id) AS revenue_rank
  FROM money WHERE revenue_ttm_usd <> 0
)
SELECT as_of() AS as_of_date, r.revenue_rank, r.master_account_id, m.master_account_name AS customer_name,
       r.revenue_ttm_usd, r.revenue_y2_usd, r.revenue_y3_usd,
       CASE WHEN r.has_36_months AND r.revenue_y3_usd > 0 AND r.revenue_ttm_usd >= 0 THEN sqrt(ratio(r.revenue_ttm_usd, r.revenue_y3_usd)) - 1 END AS cagr_3y,
       CASE WHEN t.revenue_usd > 0 THEN ratio(r.revenue_ttm_usd, t.revenue_usd) END AS share,
       CASE WHEN t.revenue_usd > 0 THEN ratio(sum(r.revenue_ttm_usd) OVER (ORDER BY r.revenue_rank ROWS UNBOUNDED PRECEDING), t.revenue_usd) END AS cumulative_share,
       m.churn_risk_score, m.days_to_expiry,
       CAST(round(r.revenue_ttm_usd * exact(m.churn_probability), 2) AS DECIMAL(18,2)) AS expected_loss_usd
FROM ranked r
CROSS JOIN total t
LEFT JOIN gold.account_master m ON m.master_account_id = r.master_account_id
