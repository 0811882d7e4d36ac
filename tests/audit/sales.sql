-- F20, F23: deals won and lost in 24 months by their last way into the closed stage; open pipeline.
WITH way AS (
  SELECT deal, stage, since, step, lag(stage) OVER (PARTITION BY deal ORDER BY since, step) AS before FROM deal_step WHERE since < as_of_day() + 1
), entered AS (
  SELECT d.deal, max(w.since) AS closed_at FROM deal d JOIN way w ON w.deal = d.deal AND w.stage = d.stage AND w.before IS DISTINCT FROM w.stage WHERE d.closed GROUP BY d.deal
), closed AS (
  SELECT d.deal, d.account, d.won, CAST(coalesce(e.closed_at, d.close_day) AS DATE) AS day FROM deal d LEFT JOIN entered e USING (deal) WHERE d.closed
)
SELECT CASE WHEN won THEN 'won' ELSE 'lost' END, count(*) FROM closed WHERE day <= as_of_day() AND day > as_of_day() - INTERVAL 24 MONTH GROUP BY ALL
UNION ALL
SELECT 'pipeline', sum(round(d.amount / r.rate, 2)) FROM deal d JOIN rate_now r USING (ccy) WHERE NOT d.closed
UNION ALL
SELECT 'stray deals', count(*) FROM deal ANTI JOIN account USING (account)
-- gold
SELECT 'won', sum(won_24m) FROM gold.account_metrics UNION ALL SELECT 'lost', sum(closed_24m - won_24m) FROM gold.account_metrics
UNION ALL SELECT 'pipeline', sum(open_pipeline_usd) FROM gold.customer_360
UNION ALL SELECT 'stray deals', count(*) FROM gold.opportunities WHERE account_id LIKE 'UNASSIGNED-%'
