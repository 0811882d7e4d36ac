-- question: BC3 Share of the top 5 customers and the risk it poses
-- asked by: board chair
-- tables: gold.revenue_concentration, gold.executive_overview
-- variables: as_of
-- sources: silver.invoice | silver.opportunity
-- columns: revenue_rank rank, share percent, cumulative_share percent
-- empty: No customer had revenue in the twelve months to the as-of.
--
-- hhi_of_10000 is the sum of the squares of all shares in percent: 10,000 is one customer only. The expected loss is revenue x churn probability.
SELECT revenue_rank, customer_name, share, cumulative_share, churn_risk_score, days_to_expiry, expected_loss_usd,
       (SELECT 10000 * hhi FROM gold.executive_overview WHERE as_of_date = getvariable('as_of')) AS hhi_of_10000
FROM gold.revenue_concentration
WHERE as_of_date = getvariable('as_of') AND revenue_rank <= 5
ORDER BY revenue_rank;
