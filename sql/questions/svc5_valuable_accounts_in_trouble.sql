-- question: SVC5 VIP or high-value accounts needing urgent service attention
-- asked by: customer service
-- tables: gold.customer_360
-- variables: as_of
SELECT account_name, revenue_ttm_usd, open_cases, escalations_90d, sla_breaches_90d FROM gold.customer_360
WHERE as_of_date = getvariable('as_of') AND (is_vip OR revenue_ttm_usd >= (SELECT quantile_cont(revenue_ttm_usd, 0.9) FROM gold.customer_360 WHERE as_of_date = getvariable('as_of')))
  AND (sla_breaches_90d > 0 OR escalations_90d > 0) ORDER BY sla_breaches_90d DESC, revenue_ttm_usd DESC;
