-- question: CEO2 Average lifetime value, by region and product line
-- asked by: CEO
-- tables: gold.customer_360, gold.services
-- variables: as_of
-- sources: silver.asset_state_period | silver.subscription | silver.asset | silver.contract | silver.invoice_line | silver.invoice
-- empty: No account has a revenue history.
--
-- Mean and median over accounts. By product line an account counts in every line in which it has a service, with its whole value.
SELECT 'region' AS dimension, region AS dimension_value, avg(clv_usd) AS avg_clv_usd, median(clv_usd) AS median_clv_usd, count(clv_usd) AS accounts
FROM gold.customer_360
WHERE as_of_date = getvariable('as_of')
GROUP BY region HAVING count(clv_usd) > 0
UNION ALL
SELECT 'product_family', s.product_family, avg(c.clv_usd), median(c.clv_usd), count(c.clv_usd)
FROM (SELECT DISTINCT account_id, product_family FROM gold.services WHERE is_active) s
JOIN gold.customer_360 c ON c.account_id = s.account_id AND c.as_of_date = getvariable('as_of')
GROUP BY s.product_family HAVING count(c.clv_usd) > 0
ORDER BY dimension DESC, avg_clv_usd DESC, dimension_value;
