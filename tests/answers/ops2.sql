-- Steps entered in the months of the window and left by the as-of; of the slowest month, region
-- and product family with ten completions the median and the time by which nine of ten had left, where nearly all have; and the mean share of the days of its process.
WITH placed AS (
  SELECT CASE w.process WHEN 'Onboarding_Step__c' THEN 'onboarding' WHEN 'Delivery_Step__c' THEN 'delivery' WHEN 'Activation_Step__c' THEN 'activation' END AS process, w.step, w.entered, w.left_at, w.region, w.family
  FROM stage_of_work w
  WHERE date_trunc('month', w.entered) > as_of_day() - INTERVAL 6 MONTH AND w.entered < as_of_day() + 1 AND (w.left_at IS NULL OR w.left_at >= w.entered)
), cell AS (
  SELECT process, step, count(*) FILTER (WHERE left_at < as_of_day() + 1) AS completed, count(*) AS steps,
         quantile_cont(epoch(left_at - entered) / 86400, 0.5) FILTER (WHERE left_at < as_of_day() + 1) AS half, quantile_cont(epoch(left_at - entered) / 86400, 0.9) FILTER (WHERE left_at < as_of_day() + 1) AS most,
         sum(epoch(least(coalesce(left_at, as_of_day() + 1), as_of_day() + 1) - entered)) AS spent, sum(spent) OVER (PARTITION BY process, region, family, date_trunc('month', entered)) AS spent_in_process
  FROM placed WHERE process IS NOT NULL GROUP BY process, step, region, family, date_trunc('month', entered)
)
SELECT process || ' ' || step, sum(completed) FROM cell GROUP BY process, step
UNION ALL SELECT process || ' ' || step || ' median', max(half) FROM cell WHERE completed >= 10 GROUP BY process, step HAVING bool_and(steps - completed <= 0.1 * steps)
UNION ALL SELECT process || ' ' || step || ' nine tenths', max(most) FROM cell WHERE completed >= 10 GROUP BY process, step HAVING bool_and(steps - completed <= 0.1 * steps)
UNION ALL SELECT process || ' ' || step || ' share', 100 * avg(spent / spent_in_process) FROM cell WHERE completed >= 10 GROUP BY process, step
-- answer
WITH censored AS (SELECT DISTINCT process_name, step_name FROM gold.process_cycle_times WHERE is_censored AND completed_count >= 10 AND month_start > as_of_day() - INTERVAL 6 MONTH)
SELECT process_name || ' ' || step_name, completed FROM answer
UNION ALL SELECT process_name || ' ' || step_name || ' median', median_days FROM answer ANTI JOIN censored USING (process_name, step_name) WHERE median_days IS NOT NULL
UNION ALL SELECT process_name || ' ' || step_name || ' nine tenths', p90_days FROM answer ANTI JOIN censored USING (process_name, step_name) WHERE p90_days IS NOT NULL
UNION ALL SELECT process_name || ' ' || step_name || ' share', 100 * share_of_time FROM answer WHERE share_of_time IS NOT NULL
