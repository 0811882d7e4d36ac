-- question: SVC2 Average resolution time of cases, and how many are open now
-- asked by: customer service
-- tables: gold.support_cases
-- variables: as_of
-- sources: silver.support_case
-- empty: 
--
-- Cases closed in 90 days; hours from creation to closing, less waiting for the customer.
SELECT avg(resolution_hours) FILTER (WHERE NOT is_open) AS mean_hours, median(resolution_hours) FILTER (WHERE NOT is_open) AS median_hours,
       quantile_cont(resolution_hours, 0.9) FILTER (WHERE NOT is_open) AS p90_hours, count(*) FILTER (WHERE NOT is_open) AS closed_cases,
       count(*) FILTER (WHERE is_open) AS open_now
FROM gold.support_cases
WHERE is_open OR (closed_at >= getvariable('as_of') - INTERVAL 89 DAY AND closed_at < getvariable('as_of') + INTERVAL 1 DAY);
