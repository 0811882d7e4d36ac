-- grain: month of entry x process step x region x product family
-- key: month_start, process_name, step_name, region, product_family
-- storage: single
--
-- How long the steps of a process take, for those that entered the step in a month. Steps
-- still open say only that they take longer than so far: where more than
-- processes.open_share of a row are open, median and p90 are Kaplan-Meier's (the time by
-- which half, or nine tenths, have left; NULL while it is not reached), else they are those
-- of the completed steps. Steps that end before they begin are left out.
--
-- share_of_total_time: the step's share of all days spent in the process, open steps with
-- their days so far. within_target_rate: completed by the target, of those completed or
-- overdue; steps without target do not count.
WITH step AS (
  SELECT CAST(date_trunc('month', day_of(e.entered_at)) AS DATE) AS month_start, coalesce(e.process_name, 'UNKNOWN') AS process_name, coalesce(e.step_name, 'UNKNOWN') AS step_name,
         coalesce(e.region, a.region, e.source_region, 'UNKNOWN') AS region, coalesce(e.product_family, 'UNKNOWN') AS product_family,
         coalesce(e.exited_at < as_of_end(), false) AS is_completed, e.target_at, e.exited_at,
         (epoch_ms(CASE WHEN e.exited_at < as_of_end() THEN e.exited_at ELSE as_of_end() END) - epoch_ms(e.entered_at)) / 86400000.0 AS days
  FROM silver.process_event e LEFT JOIN gold.account_members a ON a.account_id = e.account_id
  WHERE e.entered_at < as_of_end() AND (e.exited_at IS NULL OR e.exited_at >= e.entered_at)
), summary AS (
  SELECT month_start, process_name, step_name, region, product_family, count(*) FILTER (WHERE is_completed) AS completed_count, count(*) FILTER (WHERE NOT is_completed) AS open_count,
         exact_quantile(CASE WHEN is_completed THEN days END, 0.5) AS median_completed, exact_quantile(CASE WHEN is_completed THEN days END, 0.9) AS p90_completed,
         sum(exact(days)) AS total_days, count(*) FILTER (WHERE is_completed AND exited_at <= target_at) AS in_target,
         count(*) FILTER (WHERE target_at IS NOT NULL AND (is_completed OR target_at < as_of_end())) AS with_target,
         count(*) FILTER (WHERE NOT is_completed) > param('processes.open_share') * count(*) AS is_censored
  FROM step GROUP BY month_start, process_name, step_name, region, product_family
),

-- Kaplan-Meier: of those still in the step after some days, the share that leaves then.
leaving AS (
  SELECT month_start, process_name, step_name, region, product_family, days, count(*) FILTER (WHERE is_completed) AS left_now, count(*) AS done_now
  FROM step SEMI JOIN (SELECT * FROM summary WHERE is_censored) s USING (month_start, process_name, step_name, region, product_family)
  GROUP BY month_start, process_name, step_name, region, product_family, days
), at_risk AS (
  SELECT *, sum(done_now) OVER (PARTITION BY month_start, process_name, step_name, region, product_family ORDER BY days DESC) AS still_in FROM leaving
), survival AS (
  SELECT *, product(1 - left_now / CAST(still_in AS DOUBLE)) OVER (PARTITION BY month_start, process_name, step_name, region, product_family ORDER BY days) AS still_share FROM at_risk
), reached AS (
  -- Products of shares such as 3/4 x 2/3 may miss a half by the last bit.
  SELECT month_start, process_name, step_name, region, product_family, min(days) FILTER (WHERE still_share <= 0.5 + 1e-9) AS median_days, min(days) FILTER (WHERE still_share <= 0.1 + 1e-9) AS p90_days
  FROM survival GROUP BY month_start, process_name, step_name, region, product_family
)
SELECT s.month_start, s.process_name, s.step_name, s.region, s.product_family, s.completed_count, s.open_count,
       CASE WHEN s.is_censored THEN r.median_days ELSE s.median_completed END AS median_days, CASE WHEN s.is_censored THEN r.p90_days ELSE s.p90_completed END AS p90_days,
       ratio(s.total_days, sum(s.total_days) OVER (PARTITION BY s.month_start, s.process_name, s.region, s.product_family)) AS share_of_total_time,
       ratio(s.in_target, s.with_target) AS within_target_rate, s.is_censored
FROM summary s LEFT JOIN reached r USING (month_start, process_name, step_name, region, product_family)
