-- question: AM5 Cross-sell and upsell in my portfolio
-- asked by: account managers
-- tables: gold.cross_sell_opportunities, gold.accounts, ops.user_access
-- variables: as_of, me
-- sources: silver.asset | silver.order
-- columns: likelihood percent
-- empty: No account shows a signal.
SELECT a.account_name, x.flag_type, x.product_family, x.because_product_family, x.lift, x.likelihood, x.expected_value_usd, x.evidence
FROM gold.cross_sell_opportunities x JOIN gold.accounts a USING (account_id)
JOIN ops.user_access u ON u.account_id = x.account_id AND u.user_id = getvariable('me') AND u.access_level = 'owner'
WHERE x.as_of_date = getvariable('as_of')
ORDER BY x.expected_value_usd DESC NULLS LAST, x.opportunity_flag_id;
