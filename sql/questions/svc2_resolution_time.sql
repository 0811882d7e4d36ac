-- question: SVC2 Average resolution time of cases closed in the window (with median, p90), and how many are open now
-- asked by: customer service
-- tables: gold.support_cases
-- variables: as_of
SELECT avg(resolution_hours) FILTER (WHERE NOT is_open) AS mean_hours, median(resolution_hours) FILTER (WHERE NOT is_open) AS median_hours,
       quantile_cont(resolution_hours, 0.9) FILTER (WHERE NOT is_open) AS p90_hours, count(*) FILTER (WHERE is_open) AS open_now
FROM gold.support_cases WHERE is_open OR (closed_at > getvariable('as_of') - INTERVAL 90 DAY AND closed_at < getvariable('as_of') + INTERVAL 1 DAY);
