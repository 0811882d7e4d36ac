-- grain: SLA milestone
-- key: case_milestone_id
-- storage: partitioned
--
-- Service targets of cases, and whether they were kept, judged at the as-of date and not
-- by what the source says (its violation flag changes without a new version):
--   met       completed by the target
--   violated  completed later, or due and not completed
--   pending   not completed and not due yet
--   excluded  without a target: there is nothing to keep
-- minutes_over is how far a violated milestone is past its target, so far if it is still
-- open; 0 if met. milestone_kind tells first responses and resolutions by their names.
WITH milestone AS (
  SELECT m.case_milestone_id, m.case_id, c.account_id AS source_account_id, coalesce(c.source_region, m.source_region) AS source_region, m.milestone_name,
         m.start_at, m.target_at, CASE WHEN m.completed_at < as_of_end() THEN m.completed_at END AS completed_at, m.business_hours_id
  FROM silver.case_milestone m LEFT JOIN silver.support_case c ON c.case_id = m.case_id
  WHERE m.start_at IS NULL OR m.start_at < as_of_end()
), judged AS (
  SELECT *, CASE WHEN target_at IS NULL THEN 'excluded' WHEN completed_at <= target_at THEN 'met' WHEN completed_at > target_at OR target_at < as_of_end() THEN 'violated' ELSE 'pending' END AS outcome
  FROM milestone
)
SELECT j.case_milestone_id, j.case_id, coalesce(a.account_id, unassigned(j.source_region)) AS account_id, j.milestone_name,
       CASE WHEN has_item(param_list('cases.first_response_milestones'), lower(j.milestone_name)) THEN 'first_response'
            WHEN has_item(param_list('cases.resolution_milestones'), lower(j.milestone_name)) THEN 'resolution' ELSE 'other' END AS milestone_kind,
       j.start_at, j.target_at, j.completed_at, j.outcome,
       CASE j.outcome WHEN 'met' THEN 0 WHEN 'violated' THEN (epoch_ms(coalesce(j.completed_at, as_of_end())) - epoch_ms(j.target_at)) / 60000.0 END AS minutes_over,
       j.business_hours_id
FROM judged j LEFT JOIN gold.account_members a ON a.account_id = j.source_account_id
