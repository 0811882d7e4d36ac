-- grain: visit of an opportunity to a stage
-- key: opportunity_id, stage_seq
-- storage: partitioned
--
-- The way of each opportunity through the stages, from the history; neighbouring rows of
-- one stage are one visit. A history whose rows all lie within opportunities.bulk_history_hours
-- was loaded in bulk and tells nothing: such an opportunity, like one without history, has
-- one visit to its present stage, from its creation (open) or on its close date (closed).
WITH row_of AS (
  SELECT h.opportunity_id, h.opportunity_history_id, h.changed_at, h.stage_name, h.amount_usd
  FROM silver.opportunity_history h
  JOIN silver.opportunity o ON o.opportunity_id = h.opportunity_id
  WHERE h.stage_name IS NOT NULL AND h.changed_at < as_of_end()
), usable AS (
  SELECT opportunity_id FROM row_of GROUP BY opportunity_id
  HAVING date_diff('second', min(changed_at), max(changed_at)) > 3600 * param('opportunities.bulk_history_hours')
), marked AS (
  SELECT r.*, lag(r.stage_name) OVER (PARTITION BY r.opportunity_id ORDER BY r.changed_at, r.opportunity_history_id) IS DISTINCT FROM r.stage_name AS is_entry
  FROM row_of r JOIN usable u ON u.opportunity_id = r.opportunity_id
), entry AS (
  SELECT opportunity_id, stage_name, changed_at AS entered_at, amount_usd, 'history' AS basis,
         row_number() OVER (PARTITION BY opportunity_id ORDER BY changed_at, opportunity_history_id) AS stage_seq
  FROM marked WHERE is_entry
  UNION ALL
  SELECT o.opportunity_id, o.stage_name,
         CASE WHEN o.is_closed THEN day_start(least(o.close_date, as_of())) ELSE o.created_at END, o.amount_usd, 'assumed', 1
  FROM silver.opportunity o
  WHERE NOT EXISTS (SELECT 1 FROM usable u WHERE u.opportunity_id = o.opportunity_id)
), visit AS (
  SELECT e.*, lead(e.entered_at) OVER w AS exited_at, lead(e.stage_name) OVER w AS next_stage_name
  FROM entry e
  WINDOW w AS (PARTITION BY e.opportunity_id ORDER BY e.stage_seq)
)
SELECT v.opportunity_id, v.stage_seq, v.stage_name, v.entered_at, v.exited_at,
       CASE WHEN s.is_closed THEN NULL
            ELSE date_diff('second', v.entered_at, coalesce(v.exited_at, as_of_end())) / 86400.0 END AS days_in_stage,
       v.amount_usd, v.next_stage_name,
       CASE WHEN v.next_stage_name IS NULL THEN NULL
            WHEN n.is_closed THEN coalesce(n.is_won, false)
            ELSE n.ladder_position > s.ladder_position END AS is_forward,
       s.step, s.ladder_position, coalesce(s.is_closed, false) AS is_closed_stage, coalesce(s.is_won, false) AS is_won_stage, v.basis
FROM visit v
JOIN silver.opportunity o ON o.opportunity_id = v.opportunity_id
LEFT JOIN gold.sales_stages s ON s.source_system = o.source_system AND s.stage_name = v.stage_name
LEFT JOIN gold.sales_stages n ON n.source_system = o.source_system AND n.stage_name = v.next_stage_name
