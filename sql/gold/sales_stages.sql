-- grain: stage of a source's sales process
-- key: source_system, stage_name
-- storage: single
--
-- The ladder that funnel, stage history and probabilities agree on. Sources keep a stage
-- dictionary; a stage that it lacks (or a source without one) is placed by the mean stated
-- probability of its opportunities and closed if they are. step is the stage of the
-- group-wide funnel; ladder_position ranks the open steps over all sources.
WITH dictionary AS (
  SELECT source_system, stage_name, min(stage_order) AS stage_order, bool_or(is_closed) AS is_closed, bool_or(is_won) AS is_won,
         min(funnel_stage) AS funnel_stage
  FROM silver.opportunity_stage
  GROUP BY source_system, stage_name
), seen AS (
  SELECT source_system, stage_name, bool_and(coalesce(is_closed, false)) AS is_closed, bool_and(coalesce(is_won, false)) AS is_won,
         exact_mean(probability) AS mean_probability
  FROM silver.opportunity
  WHERE stage_name IS NOT NULL
  GROUP BY source_system, stage_name
), passed AS (
  SELECT o.source_system, h.stage_name, exact_mean(h.probability) AS mean_probability
  FROM silver.opportunity_history h JOIN silver.opportunity o ON o.opportunity_id = h.opportunity_id
  WHERE h.stage_name IS NOT NULL
  GROUP BY o.source_system, h.stage_name
), stage AS (
  SELECT k.source_system, k.stage_name,
         coalesce(d.is_closed, s.is_closed, p.mean_probability IN (0, 100), false) AS is_closed,
         coalesce(d.is_won, s.is_won, p.mean_probability = 100, false) AS is_won,
         d.stage_order, coalesce(d.funnel_stage, k.stage_name) AS step,
         coalesce(s.mean_probability, p.mean_probability, 0) AS mean_probability,
         d.stage_name IS NOT NULL AS is_in_dictionary
  FROM (SELECT source_system, stage_name FROM dictionary UNION SELECT source_system, stage_name FROM seen
        UNION SELECT source_system, stage_name FROM passed) k
  LEFT JOIN dictionary d ON d.source_system = k.source_system AND d.stage_name = k.stage_name
  LEFT JOIN seen s ON s.source_system = k.source_system AND s.stage_name = k.stage_name
  LEFT JOIN passed p ON p.source_system = k.source_system AND p.stage_name = k.stage_name
), placed AS (
  -- Without a dictionary the order is that of the probabilities, beginning at 1.
  SELECT *, coalesce(stage_order, CAST(row_number() OVER (PARTITION BY source_system, is_in_dictionary ORDER BY is_closed, is_won, mean_probability, stage_name) AS INTEGER)) AS position
  FROM stage
), step_order AS (
  SELECT step, dense_rank() OVER (ORDER BY min(position), step) AS ladder_position
  FROM placed WHERE NOT is_closed
  GROUP BY step
)
SELECT p.source_system, p.stage_name, p.position AS stage_order, p.is_closed, p.is_won,
       CASE WHEN NOT p.is_closed THEN p.step END AS step, o.ladder_position, p.is_in_dictionary
FROM placed p
LEFT JOIN step_order o ON o.step = p.step AND NOT p.is_closed
