-- question: OPS2 Processes with the longest delays in onboarding or delivery
-- asked by: operations
-- tables: gold.process_cycle_times
-- variables: as_of
-- sources: silver.process_event | silver.order
-- columns: share_of_time percent
-- empty: No step was completed in six months.
--
-- The slowest month, region and product of each step in the last six months, of those with at least ten
-- completions: fewer have no ninth tenth, and one case must not rank a step. Steps that have none such come last.
SELECT process_name, step_name, sum(completed_count) AS completed, max(median_days) FILTER (WHERE completed_count >= 10) AS median_days,
       max(p90_days) FILTER (WHERE completed_count >= 10) AS p90_days, avg(share_of_total_time) FILTER (WHERE completed_count >= 10) AS share_of_time
FROM gold.process_cycle_times
WHERE process_name IN ('onboarding', 'delivery', 'service_delivery', 'activation', 'order_to_activate') AND month_start > getvariable('as_of') - INTERVAL 6 MONTH
GROUP BY process_name, step_name
ORDER BY p90_days DESC NULLS LAST, process_name, step_name;
