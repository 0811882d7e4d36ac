-- question: SAL5 Customers that reduced or stopped purchasing, and why
-- asked by: sales
-- tables: gold.purchase_patterns, gold.accounts, gold.churn_risk
-- variables: as_of, acct?, me?
-- sources: silver.order
-- columns: trend_12m percent
-- empty: No account with regular orders has slowed down or stopped.
SELECT a.account_name, p.purchase_status, p.trend_12m, p.last_order_on, p.lapse_reason, c.contributing_factors
FROM gold.purchase_patterns p JOIN gold.accounts a USING (account_id)
LEFT JOIN gold.churn_risk c ON c.account_id = p.account_id AND c.as_of_date = p.as_of_date AND c.is_primary
WHERE p.as_of_date = getvariable('as_of') AND p.purchase_status IN ('slowing', 'lapsed')
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY p.trend_12m NULLS LAST, p.account_id;
