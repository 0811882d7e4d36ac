-- check: funnel_monotone
-- severity: error
-- table: gold.sales_funnel
-- about: Along the ladder of a funnel, no stage is entered more often than the one before, and no more
-- advance than entered. If not, stages are in the wrong order (opportunity_stage) or a stage is
-- missing from the ladder.
SELECT as_of_date, funnel, region, stage_name, entered_count, previous_count
FROM (SELECT *, lag(entered_count) OVER (PARTITION BY as_of_date, funnel, region ORDER BY stage_order, stage_name) AS previous_count FROM gold.sales_funnel)
WHERE entered_count > previous_count OR advanced_count > entered_count
