-- question: SAL1 Stage of each customer in the pipeline (furthest open stage; else 'No open opportunity')
-- asked by: sales
-- tables: gold.accounts, gold.opportunities
SELECT a.account_name, coalesce(arg_max(o.stage_name, o.stage_order), 'No open opportunity') AS stage, count(o.opportunity_id) AS open_opportunities, sum(o.deal_value_usd) AS pipeline_usd
FROM gold.accounts a LEFT JOIN gold.opportunities o ON o.account_id = a.account_id AND NOT o.is_closed GROUP BY a.account_id, a.account_name;
