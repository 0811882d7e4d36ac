-- question: SAL3 Revenue of my accounts this quarter
-- asked by: sales
-- tables: gold.revenue_metrics, ops.user_access
-- variables: as_of, me
-- sources: silver.invoice | silver.opportunity, silver.user
-- empty: None of the accounts had revenue this quarter.
--
-- Invoiced net of tax less credits, from the first day of the quarter to the as-of.
SELECT sum(r.revenue_usd) AS revenue_usd, count(DISTINCT r.account_id) AS accounts, sum(r.fx_missing_count) AS amounts_without_rate
FROM gold.revenue_metrics r
JOIN ops.user_access u ON u.account_id = r.account_id AND u.user_id = getvariable('me') AND u.access_level = 'owner'
WHERE r.month_start >= date_trunc('quarter', getvariable('as_of')) AND r.month_start <= getvariable('as_of')
HAVING count(*) > 0;
