-- grain: region x month
-- key: month_start, region
-- storage: single
--
-- How each region wins, month by month: deals closed in the
-- opportunities.win_rate_window_months to the month's end (in the running month: to the as-of
-- date), without excluded outcomes. Deal size is of won deals with an amount above 0, the
-- cycle of won deals not closed before they were created.
WITH deal AS (
  SELECT region, day_of(closed_at) AS day, status = 'won' AS is_won, deal_value_usd, sales_cycle_days
  FROM gold.opportunities
  WHERE counts_for_win_rate AND day_of(closed_at) <= as_of()
), in_window AS (
  -- The running month looks back from the as-of date; the others hold whole months.
  SELECT region, this_month() AS month_start, 0 AS months_back, is_won, deal_value_usd, sales_cycle_days FROM deal
  WHERE day > months_before(as_of(), param('opportunities.win_rate_window_months'))
  UNION ALL
  SELECT region, CAST(date_trunc('month', day) AS DATE), CAST(param('opportunities.win_rate_window_months') AS INTEGER) - 1, is_won, deal_value_usd, sales_cycle_days FROM deal
  WHERE day < this_month()
), monthly AS (
  SELECT region, month_start, months_back, count(*) FILTER (WHERE is_won) AS won, count(*) AS closed,
         sum(deal_value_usd) FILTER (WHERE is_won AND deal_value_usd > 0) AS won_usd, count(*) FILTER (WHERE is_won AND deal_value_usd > 0) AS won_valued,
         sum(sales_cycle_days) FILTER (WHERE is_won) AS cycle_days, count(sales_cycle_days) FILTER (WHERE is_won) AS cycles
  FROM in_window GROUP BY region, month_start, months_back
), reach AS (
  SELECT region, won, closed, won_usd, won_valued, cycle_days, cycles,
         CAST(unnest(generate_series(month_start, CASE WHEN months_back = 0 THEN month_start
           ELSE CAST(least(month_start + to_months(months_back), this_month() - INTERVAL 1 MONTH) AS DATE) END, INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM monthly
)
SELECT month_start, region, sum(won) AS won, sum(closed) AS closed,
       ratio(sum(won), sum(closed), param('opportunities.win_rate_min_n')) AS win_rate,
       CAST(round(ratio(sum(won_usd), sum(won_valued)), 2) AS DECIMAL(18,2)) AS avg_deal_size_usd,
       ratio(sum(cycle_days), sum(cycles)) AS sales_cycle_days
FROM reach
GROUP BY month_start, region
