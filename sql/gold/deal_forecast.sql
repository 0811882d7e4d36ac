-- grain: open opportunity that may bring revenue, without renewals
-- key: opportunity_id
-- storage: single
--
-- What each open deal adds to the revenue forecast. win_rate is measured: the share won among
-- the deals closed in opportunities.win_rate_window_months that had reached the same step,
-- were of the same type and still open at the same age (forecast.age_from_days); where fewer
-- than forecast.stage_rate_min_n of those closed, of the same step and type; then of the step
-- alone; then the stated probability (rate_basis says which, closed_deals of how many). Only
-- deals whose history shows their way are evidence. Renewals are left out: the forecast takes
-- them from the contracts that end.
--
-- Recurring lines bring their monthly amount from the month after closing; a deal without
-- lines is spread over forecast.term_months. One-off lines are left to the run rate. A deal
-- whose close date has passed is taken to close forecast.overdue_close_days from the as-of.
WITH way AS (
  SELECT opportunity_id, max(ladder_position) AS furthest FROM gold.opportunity_stage_history WHERE basis = 'history' GROUP BY opportunity_id
), place AS (
  SELECT r.opportunity_id, s.ladder_position FROM silver.opportunity r
  JOIN gold.sales_stages s ON s.source_system = r.source_system AND s.stage_name = r.stage_name
), closed AS (
  SELECT o.opportunity_id, o.opportunity_type, w.furthest, o.status = 'won' AS is_won,
         len(list_filter(param_numbers('forecast.age_from_days'), lambda n: n <= o.days_open)) AS age_band
  FROM gold.opportunities o JOIN way w ON w.opportunity_id = o.opportunity_id
  WHERE o.counts_for_win_rate AND NOT o.is_renewal AND day_of(o.closed_at) <= as_of()
    AND day_of(o.closed_at) > months_before(as_of(), param('opportunities.win_rate_window_months'))
), step AS (
  SELECT DISTINCT ladder_position FROM gold.sales_stages WHERE ladder_position IS NOT NULL
), by_age AS (
  SELECT s.ladder_position, c.opportunity_type, b.age_band, count(*) AS closed, count(*) FILTER (WHERE c.is_won) AS won
  FROM closed c
  JOIN step s ON c.is_won OR c.furthest >= s.ladder_position
  JOIN (SELECT CAST(unnest(generate_series(1, len(param_numbers('forecast.age_from_days')))) AS BIGINT) AS age_band) b ON b.age_band <= c.age_band
  GROUP BY s.ladder_position, c.opportunity_type, b.age_band
), by_type AS (
  SELECT ladder_position, opportunity_type, closed, won FROM by_age WHERE age_band = 1
), by_step AS (
  SELECT ladder_position, sum(closed) AS closed, sum(won) AS won FROM by_type GROUP BY ladder_position
), line AS (
  SELECT opportunity_id, sum(total_price_usd) AS total_usd, sum(mrr_usd) FILTER (WHERE is_recurring) AS monthly_usd
  FROM gold.opportunity_line_items GROUP BY opportunity_id
), open_deal AS (
  SELECT o.opportunity_id, o.account_id, o.master_account_id, o.region, o.opportunity_type, o.deal_value_usd, o.probability, p.ladder_position,
         len(list_filter(param_numbers('forecast.age_from_days'), lambda n: n <= o.days_open)) AS age_band,
         CASE WHEN o.close_date > as_of() THEN o.close_date ELSE as_of() + CAST(param('forecast.overdue_close_days') AS INTEGER) END AS expected_on
  FROM gold.opportunities o LEFT JOIN place p ON p.opportunity_id = o.opportunity_id
  WHERE o.status = 'open' AND NOT o.is_renewal AND o.deal_value_usd > 0
)
SELECT o.opportunity_id, o.account_id, o.master_account_id, o.region, o.deal_value_usd,
       CASE WHEN a.closed >= param('forecast.stage_rate_min_n') THEN ratio(a.won, a.closed) WHEN t.closed >= param('forecast.stage_rate_min_n') THEN ratio(t.won, t.closed)
            WHEN s.closed >= param('forecast.stage_rate_min_n') THEN ratio(s.won, s.closed) ELSE o.probability / 100 END AS win_rate,
       CASE WHEN a.closed >= param('forecast.stage_rate_min_n') THEN 'stage, type and age' WHEN t.closed >= param('forecast.stage_rate_min_n') THEN 'stage and type'
            WHEN s.closed >= param('forecast.stage_rate_min_n') THEN 'stage' WHEN o.probability IS NOT NULL THEN 'stated' END AS rate_basis,
       CASE WHEN a.closed >= param('forecast.stage_rate_min_n') THEN a.closed WHEN t.closed >= param('forecast.stage_rate_min_n') THEN t.closed
            WHEN s.closed >= param('forecast.stage_rate_min_n') THEN s.closed END AS closed_deals,
       CAST(date_trunc('month', o.expected_on) + INTERVAL 1 MONTH AS DATE) AS first_month,
       CAST(round(CASE WHEN l.total_usd > 0 THEN CAST(o.deal_value_usd AS DOUBLE) * coalesce(ratio(l.monthly_usd, l.total_usd), 0)
                       ELSE o.deal_value_usd / param('forecast.term_months') END, 2) AS DECIMAL(18,2)) AS monthly_usd,
       CASE WHEN coalesce(l.total_usd, 0) <= 0 THEN CAST(date_trunc('month', o.expected_on) + to_months(CAST(param('forecast.term_months') AS INTEGER)) AS DATE) END AS last_month
FROM open_deal o
LEFT JOIN by_age a ON a.ladder_position = o.ladder_position AND a.opportunity_type = o.opportunity_type AND a.age_band = greatest(o.age_band, 1)
LEFT JOIN by_type t ON t.ladder_position = o.ladder_position AND t.opportunity_type = o.opportunity_type
LEFT JOIN by_step s ON s.ladder_position = o.ladder_position
LEFT JOIN line l ON l.opportunity_id = o.opportunity_id
