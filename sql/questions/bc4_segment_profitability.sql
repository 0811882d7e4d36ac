-- question: BC4 Segments with the highest long-term profitability versus churn risk
-- asked by: board chair
-- tables: gold.segment_performance
-- variables: as_of
-- sources: silver.invoice | silver.opportunity
-- columns: margin_rate percent, avg_churn_probability percent
-- empty: There are no active customers.
--
-- Margin is revenue less standard cost; it is empty where products have no cost. A churn probability is
-- shown only where enough customers have churned to calibrate it.
SELECT segment, customers, revenue_ttm_usd, margin_rate, gross_margin_usd, avg_clv_usd, avg_churn_probability
FROM gold.segment_performance
WHERE as_of_date = getvariable('as_of') AND scheme = 'account_type' AND segment <> 'UNASSIGNED'
ORDER BY margin_rate DESC NULLS LAST, avg_churn_probability, segment;
