-- question: SAL4 Accounts with open opportunities and their probability of closing (stated and measured)
-- asked by: sales
-- tables: gold.accounts, gold.opportunities
SELECT a.account_name, o.opportunity_name, o.stage_name, o.close_date, o.deal_value_usd, o.probability, o.win_probability
FROM gold.opportunities o JOIN gold.accounts a USING (account_id) WHERE NOT o.is_closed ORDER BY o.weighted_amount_usd DESC NULLS LAST;
