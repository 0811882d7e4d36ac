-- question: CEO4 Accounts with the highest cross-sell and upsell potential
-- asked by: CEO
-- tables: gold.cross_sell_opportunities, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.asset | silver.order
-- empty: No account shows a cross-sell or upsell signal.
SELECT a.account_name, a.region, sum(x.expected_value_usd) AS expected_value_usd,
       string_agg(x.flag_type || ': ' || coalesce(x.product_family, 'all'), ', ' ORDER BY x.expected_value_usd DESC NULLS LAST, x.opportunity_flag_id) AS what
FROM gold.cross_sell_opportunities x JOIN gold.accounts a USING (account_id)
WHERE x.as_of_date = getvariable('as_of') AND x.flag_type IN ('cross_sell', 'upsell', 'enterprise_pricing')
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
GROUP BY a.account_id, a.account_name, a.region
ORDER BY expected_value_usd DESC NULLS LAST, a.account_id LIMIT 20;
