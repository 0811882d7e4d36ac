-- question: SAL1 Stage of each customer in the pipeline
-- asked by: sales
-- tables: gold.accounts, gold.opportunities
-- variables: as_of, acct?, me?
-- sources: silver.opportunity
-- empty: There are no accounts.
--
-- The furthest open stage of every account.
SELECT a.account_name, a.region, coalesce(arg_max(o.stage_name, (o.stage_order, o.opportunity_id)), 'No open opportunity') AS stage,
       count(o.opportunity_id) AS open_opportunities, sum(o.deal_value_usd) AS pipeline_usd
FROM gold.accounts a LEFT JOIN gold.opportunities o ON o.account_id = a.account_id AND NOT o.is_closed
WHERE a.master_account_id IS NOT NULL
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
GROUP BY a.account_id, a.account_name, a.region
ORDER BY pipeline_usd DESC NULLS LAST, a.account_name, a.account_id;
