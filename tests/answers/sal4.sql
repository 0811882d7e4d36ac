-- Every open deal of a known account: value at the as-of rate.
SELECT 'deals', count(*) FROM deal SEMI JOIN company USING (account) WHERE NOT closed
UNION ALL SELECT d.stage, sum(round(d.amount / r.rate, 2)) FROM deal d JOIN rate_now r USING (ccy) SEMI JOIN company USING (account) WHERE NOT d.closed GROUP BY d.stage
-- answer
SELECT 'deals', count(*) FROM answer WHERE account_name IS NOT NULL UNION ALL SELECT stage_name, sum(deal_value_usd) FROM answer WHERE account_name IS NOT NULL GROUP BY stage_name
