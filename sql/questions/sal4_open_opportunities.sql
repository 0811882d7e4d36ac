-- question: SAL4 Accounts with open opportunities and their probability of closing
-- asked by: sales
-- tables: gold.opportunities, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.opportunity
-- columns: stated_probability percent, win_probability percent
-- empty: There are no open opportunities.
--
-- Stated by the seller, and measured on deals that reached the stage.
SELECT a.account_name, o.opportunity_name, o.stage_name, o.close_date, o.deal_value_usd, o.probability / 100 AS stated_probability, o.win_probability
FROM gold.opportunities o JOIN gold.accounts a USING (account_id)
WHERE NOT o.is_closed
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY o.weighted_amount_usd DESC NULLS LAST, o.opportunity_id;
