-- question: SVC5 VIP or high-value accounts needing urgent service attention
-- asked by: customer service
-- tables: gold.customer_360
-- variables: as_of, acct?, me?
-- sources: silver.support_case, silver.case_milestone
-- empty: No VIP and no account of the top tenth by revenue has a breach or an escalation in 90 days.
--
-- First those with open cases: the breaches and escalations of the others lie behind them.
SELECT a.account_name, a.region, a.owner_name, a.revenue_ttm_usd, a.open_cases, a.escalations_90d, a.sla_breaches_90d
FROM gold.customer_360 a
WHERE a.as_of_date = getvariable('as_of')
  AND (a.is_vip OR a.revenue_ttm_usd >= (SELECT quantile_cont(revenue_ttm_usd, 0.9) FROM gold.customer_360 WHERE as_of_date = getvariable('as_of')))
  AND (a.sla_breaches_90d > 0 OR a.escalations_90d > 0)
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY (coalesce(a.open_cases, 0) > 0) DESC, a.sla_breaches_90d DESC, a.revenue_ttm_usd DESC NULLS LAST, a.account_id;
