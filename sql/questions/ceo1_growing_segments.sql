-- question: CEO1 Fastest growing segments and strategic fit
-- asked by: CEO
-- tables: gold.segment_performance
-- variables: as_of
-- sources: silver.invoice | silver.opportunity
-- columns: yoy_growth percent
-- empty: There are no active customers.
SELECT scheme, segment, strategic_goal, customers, yoy_growth, revenue_ttm_usd
FROM gold.segment_performance
WHERE as_of_date = getvariable('as_of') AND scheme IN ('account_type', 'industry') AND segment <> 'UNASSIGNED'
ORDER BY yoy_growth DESC NULLS LAST, revenue_ttm_usd DESC NULLS LAST, scheme, segment;
