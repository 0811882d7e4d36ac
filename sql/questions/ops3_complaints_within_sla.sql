-- question: OPS3 Share of complaints resolved within SLA
-- asked by: operations
-- tables: gold.support_cases
-- variables: as_of
-- sources: silver.support_case, silver.case_milestone
-- columns: within_sla percent
-- empty: 
--
-- Complaints created in 90 days. Those whose target has not fallen due are not in the share.
SELECT count(*) FILTER (WHERE resolved_within_target) / nullif(count(*) FILTER (WHERE resolved_within_target IS NOT NULL), 0)::DOUBLE AS within_sla,
       count(*) AS complaints, count(*) FILTER (WHERE resolved_within_target IS NULL) AS without_target_or_pending
FROM gold.support_cases
WHERE is_complaint AND created_at >= getvariable('as_of') - INTERVAL 89 DAY AND created_at < getvariable('as_of') + INTERVAL 1 DAY;
