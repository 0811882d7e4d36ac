-- question: AM3 Open renewals in the next 3 to 6 months
-- asked by: account managers
-- tables: gold.contracts, gold.accounts, gold.opportunities
-- variables: as_of, acct?, me?
-- sources: silver.contract
-- empty: No contract ends in six months without a renewal.
--
-- First those that end in 3 to 6 months, then those that end sooner; in each, by what they bring a month.
SELECT a.account_name, c.contract_number, c.end_date, c.days_to_expiry, c.mrr_usd, o.stage_name, o.deal_value_usd,
       (c.renewal_opportunity_id IS NULL) AS no_renewal_opportunity, c.end_date >= getvariable('as_of') + INTERVAL 3 MONTH AS in_3_to_6_months
FROM gold.contracts c JOIN gold.accounts a USING (account_id)
LEFT JOIN gold.opportunities o ON o.opportunity_id = c.renewal_opportunity_id AND NOT o.is_closed
WHERE c.end_date BETWEEN getvariable('as_of') AND getvariable('as_of') + INTERVAL 6 MONTH AND c.renewal_outcome IN ('open', 'pending')
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY in_3_to_6_months DESC, c.mrr_usd DESC NULLS LAST, c.end_date, c.contract_id;
