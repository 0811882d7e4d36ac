-- check: pipeline_ends_at_open
-- severity: warning
-- table: gold.opportunities
-- about: The last day of the daily pipeline is the open pipeline: the same deals in the same stage. Where it
-- is not, a source's stage history ends in another stage than the deal itself has.
SELECT coalesce(o.opportunity_id, p.opportunity_id) AS opportunity_id
FROM (SELECT opportunity_id, stage_name FROM gold.opportunities WHERE status = 'open' AND day_of(created_at) <= as_of()) o
FULL JOIN (SELECT opportunity_id, stage_name FROM gold.pipeline_daily WHERE snapshot_date = as_of()) p ON p.opportunity_id = o.opportunity_id
WHERE o.opportunity_id IS NULL OR p.opportunity_id IS NULL OR o.stage_name IS DISTINCT FROM p.stage_name
