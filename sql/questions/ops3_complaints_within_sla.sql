-- question: OPS3 Share of complaints resolved within SLA
-- asked by: operations
-- tables: gold.support_cases
-- variables: as_of
SELECT count(*) FILTER (WHERE resolved_within_target) / nullif(count(*) FILTER (WHERE resolved_within_target IS NOT NULL), 0)::DOUBLE AS within_sla,
       count(*) AS complaints, count(*) FILTER (WHERE resolved_within_target IS NULL) AS without_target_or_pending
FROM gold.support_cases WHERE is_complaint AND created_at > getvariable('as_of') - INTERVAL 90 DAY AND created_at <= getvariable('as_of');
