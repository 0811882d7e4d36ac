-- How many accounts stand in each stage, and what is in the pipeline.
WITH rank AS (SELECT unnest(['Prospecting', 'Qualification', 'Needs Analysis', 'Proposal/Price Quote', 'Negotiation/Review']) AS stage, unnest(range(5)) AS place),
furthest AS (SELECT account, arg_max(stage, place) AS stage FROM deal JOIN rank USING (stage) WHERE NOT closed GROUP BY account)
SELECT coalesce(f.stage, 'No open opportunity'), count(*) FROM company LEFT JOIN furthest f USING (account) GROUP BY ALL
UNION ALL SELECT 'usd', sum(round(d.amount / r.rate, 2)) FROM deal d JOIN rate_now r USING (ccy) SEMI JOIN company USING (account) WHERE NOT d.closed
-- answer
SELECT stage, count(*) FROM answer GROUP BY stage UNION ALL SELECT 'usd', sum(pipeline_usd) FROM answer
