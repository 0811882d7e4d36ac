-- grain: region x month
-- key: month_start, region
-- storage: single
--
-- How each region wins, month by month: deals closed in the
-- opportunities.win_rate_window_months to the month's end (in the running month: to the as-of
-- date), without excluded outcomes; win_rate_new without renewals, too. Deal size is of won
-- deals with an amount above 0, the cycle of won deals not closed before they were created,
-- both as mean and as median.
WITH deal AS (
  SELECT region, day_of(closed_at) AS day, status = 'won' AS is_won, NOT is_renewal AS is_new, CASE WHEN deal_value_usd > 0 THEN deal_value_usd END AS deal_usd, sales_cycle_days
  FROM gold.opportunities
  WHERE counts_for_win_rate AND day_of(closed_at) <= as_of()
), in_window AS (
  -- The running month looks back from the as-of date; the others hold whole months.
  SELECT *, this_month() AS first_month, this_month() AS last_month FROM deal
  WHERE day > months_before(as_of(), param('opportunities.win_rate_window_months'))
  UNION ALL
  SELECT *, CAST(date_trunc('month', day) AS DATE),
         CAST(least(date_trunc('month', day) + to_months(CAST(param('opportunities.win_rate_window_months') AS INTEGER) - 1), this_month() - INTERVAL 1 MONTH) AS DATE) FROM deal
  WHERE day < this_month()
), monthly AS (
  SELECT region, first_month, last_month, count(*) FILTER (WHERE is_won) AS won, count(*) AS closed,
         count(*) FILTER (WHERE is_won AND is_new) AS won_new, count(*) FILTER (WHERE is_new) AS closed_new,
         sum(deal_usd) FILTER (WHERE is_won) AS won_usd, count(deal_usd) FILTER (WHERE is_won) AS won_valued,
         sum(sales_cycle_days) FILTER (WHERE is_won) AS cycle_days, count(sales_cycle_days) FILTER (WHERE is_won) AS cycles
  FROM in_window GROUP BY region, first_month, last_month
), reach AS (
  SELECT * EXCLUDE (first_month, last_month), CAST(unnest(generate_series(first_month, last_month, INTERVAL 1 MONTH)) AS DATE) AS month_start FROM monthly
), pooled AS (
  SELECT month_start, region, sum(won) AS won, sum(closed) AS closed, sum(won_new) AS won_new, sum(closed_new) AS closed_new,
         sum(won_usd) AS won_usd, sum(won_valued) AS won_valued, sum(cycle_days) AS cycle_days, sum(cycles) AS cycles
  FROM reach GROUP BY month_start, region
), typical AS (
  SELECT month_start, region, exact_quantile(deal_usd, 0.5) AS median_usd, exact_quantile(sales_cycle_days, 0.5) AS median_days
  FROM (SELECT region, deal_usd, sales_cycle_days, CAST(unnest(generate_series(first_month, last_month, INTERVAL 1 MONTH)) AS DATE) AS month_start FROM in_window WHERE is_won)
  GROUP BY month_start, region
)
SELECT p.month_start, p.region, p.won, p.closed,
       ratio(p.won, p.closed, param('opportunities.win_rate_min_n')) AS win_rate, ratio(p.won_new, p.closed_new, param('opportunities.win_rate_min_n')) AS win_rate_new,
       CAST(round(ratio(p.won_usd, p.won_valued), 2) AS DECIMAL(18,2)) AS avg_deal_size_usd, CAST(round(t.median_usd, 2) AS DECIMAL(18,2)) AS median_deal_size_usd,
       ratio(p.cycle_days, p.cycles) AS sales_cycle_days, t.median_days AS median_sales_cycle_days
FROM pooled p LEFT JOIN typical t ON t.month_start = p.month_start AND t.region = p.region
