-- question: AM2 Customers at risk of churn, and why
-- asked by: account managers
-- tables: gold.churn_risk, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.asset_state_period | silver.subscription | silver.asset | silver.contract | silver.invoice_line
-- columns: churn_probability percent, coverage percent, churn_risk_score score
-- empty: No customer is at high or medium risk.
--
-- coverage says how much of the signals' weight had a source. A probability needs enough customers that churned.
SELECT a.account_name, c.churn_risk_score, c.risk_level, c.contributing_factors, c.recommended_action, c.churn_probability, c.revenue_at_risk_usd, c.coverage
FROM gold.churn_risk c JOIN gold.accounts a USING (account_id)
WHERE c.is_primary AND c.as_of_date = getvariable('as_of') AND c.risk_level IN ('HIGH', 'MEDIUM')
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY c.revenue_at_risk_usd DESC NULLS LAST, c.churn_risk_score DESC, c.account_id;
