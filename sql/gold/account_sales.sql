-- grain: account with opportunities, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- What an account's opportunities add up to: won and closed in
-- opportunities.win_rate_window_months, open now, and the furthest stage of an open one
-- (ties by name).
WITH deal AS (
  SELECT account_id,
         count(*) FILTER (WHERE is_recent AND status = 'won') AS won_24m, count(*) FILTER (WHERE is_recent) AS closed_24m,
         sum(deal_value_usd) FILTER (WHERE is_recent AND status = 'won' AND deal_value_usd > 0) AS won_usd_24m,
         count(*) FILTER (WHERE is_recent AND status = 'won' AND deal_value_usd > 0) AS won_valued_24m,
         sum(sales_cycle_days) FILTER (WHERE is_recent AND status = 'won') AS cycle_days_24m, count(sales_cycle_days) FILTER (WHERE is_recent AND status = 'won') AS cycles_24m,
         sum(deal_value_usd) FILTER (WHERE status = 'open') AS open_pipeline_usd, sum(weighted_amount_usd) FILTER (WHERE status = 'open') AS weighted_pipeline_usd,
         count(*) FILTER (WHERE status = 'open') AS open_opportunities,
         count(*) FILTER (WHERE status = 'open' AND amount IS NOT NULL AND deal_value_usd IS NULL) AS fx_missing
  FROM (SELECT *, counts_for_win_rate AND day_of(closed_at) <= as_of()
                  AND day_of(closed_at) > months_before(as_of(), param('opportunities.win_rate_window_months')) AS is_recent FROM gold.opportunities)
  GROUP BY account_id
), furthest AS (
  SELECT account_id, stage_name, stage_order FROM (
    SELECT account_id, stage_name, stage_order, row_number() OVER (PARTITION BY account_id ORDER BY stage_order DESC NULLS LAST, stage_name) AS rank
    FROM gold.opportunities WHERE status = 'open')
  WHERE rank = 1
)
SELECT d.*, f.stage_name AS furthest_stage
FROM deal d LEFT JOIN furthest f ON f.account_id = d.account_id
