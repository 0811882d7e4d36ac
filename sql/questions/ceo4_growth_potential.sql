-- question: CEO4 Accounts with the highest cross-sell and upsell potential
-- asked by: CEO
-- tables: gold.cross_sell_opportunities, gold.accounts, gold.customer_360
-- variables: as_of, acct?, me?
-- sources: silver.asset | silver.order
-- empty: No account shows a cross-sell or upsell signal.
--
-- what: product families to offer for the first time; upsell of those whose allowance is used up; enterprise pricing for
-- those that grew into it. Equal values stand by revenue.
SELECT a.account_name, a.region, sum(x.expected_value_usd) AS expected_value_usd, c.revenue_ttm_usd,
       string_agg(CASE x.flag_type WHEN 'cross_sell' THEN x.product_family WHEN 'upsell' THEN 'upsell of ' || coalesce(x.product_family, 'a service') ELSE 'enterprise pricing' END, ', '
                  ORDER BY x.expected_value_usd DESC NULLS LAST, x.opportunity_flag_id) AS what
FROM gold.cross_sell_opportunities x JOIN gold.accounts a USING (account_id)
LEFT JOIN gold.customer_360 c ON c.account_id = x.account_id AND c.as_of_date = x.as_of_date
WHERE x.as_of_date = getvariable('as_of') AND x.flag_type IN ('cross_sell', 'upsell', 'enterprise_pricing')
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
GROUP BY a.account_id, a.account_name, a.region, c.revenue_ttm_usd
ORDER BY expected_value_usd DESC NULLS LAST, c.revenue_ttm_usd DESC NULLS LAST, a.account_id LIMIT 20;
