-- question: BC2 Top 10 revenue customers and their value over 3 years
-- asked by: board chair
-- tables: gold.revenue_concentration
-- variables: as_of
-- sources: silver.invoice | silver.opportunity
-- columns: revenue_rank rank, cagr_3y percent
-- empty: No customer had revenue in the twelve months to the as-of.
--
-- Blocks of twelve months back from the as-of, not calendar years.
SELECT revenue_rank, customer_name, revenue_y3_usd, revenue_y2_usd, revenue_ttm_usd, cagr_3y
FROM gold.revenue_concentration
WHERE as_of_date = getvariable('as_of') AND revenue_rank <= 10
ORDER BY revenue_rank;
