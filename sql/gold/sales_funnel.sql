-- grain: stage of a funnel, per region, for a cohort window
-- key: as_of_date, funnel, region, stage_name
-- storage: single
--
-- How many of the deals (leads) created in the last funnel.window_days reached each stage.
-- reached(s) = ever at s or later, or won; so entered_count never rises along the ladder.
-- The ladder is the open stages in order, then Won; Lost is not on it. A deal whose way is
-- not known reached at least the first stage. The lead funnel is Lead, Qualified (by status
-- or by conversion), Won (its opportunity is won). A converted lead stays open in Qualified
-- while its opportunity is open and is lost there with it. Region ALL holds all regions.
--
-- current_count, amount_usd and weighted_amount_usd are of all deals open now in the stage;
-- in the Won row amount_usd is what the cohort won.
WITH ladder AS (
  SELECT 'opportunity' AS funnel, step AS stage_name, min(ladder_position) AS stage_order
  FROM gold.sales_stages WHERE ladder_position IS NOT NULL GROUP BY step
  UNION ALL
  SELECT 'opportunity', 'Won', coalesce(max(ladder_position), 0) + 1 FROM gold.sales_stages
  UNION ALL
  SELECT 'lead', u.stage_name, u.stage_order
  FROM (SELECT unnest(['Lead', 'Qualified', 'Won']) AS stage_name, unnest([1, 2, 3]) AS stage_order) u
), top AS (
  SELECT funnel, max(stage_order) AS won_order FROM ladder GROUP BY funnel
),

deal_way AS (
  SELECT opportunity_id, max(ladder_position) AS furthest FROM gold.opportunity_stage_history GROUP BY opportunity_id
), deal AS (
  SELECT 'opportunity' AS funnel, o.region, o.opportunity_id AS id, o.status, o.created_at,
         CASE WHEN o.status = 'won' THEN t.won_order ELSE greatest(coalesce(w.furthest, 1), coalesce(s.ladder_position, 1)) END AS furthest,
         s.ladder_position AS current_position,
         o.deal_value_usd, o.weighted_amount_usd
  FROM gold.opportunities o
  JOIN silver.opportunity r ON r.opportunity_id = o.opportunity_id
  JOIN top t ON t.funnel = 'opportunity'
  LEFT JOIN deal_way w ON w.opportunity_id = o.opportunity_id
  LEFT JOIN gold.sales_stages s ON s.source_system = r.source_system AND s.stage_name = o.stage_name
),

lead_qualified AS (
  SELECT lead_id, min(changed_at) AS qualified_at
  FROM silver.lead_history
  WHERE has_item(param_list('funnel.qualified_lead_statuses'), new_status) AND changed_at < as_of_end()
  GROUP BY lead_id
), lead_state AS (
  SELECT l.lead_id, coalesce(l.region, l.source_region, 'UNKNOWN') AS region, l.created_at, coalesce(l.is_converted, false) AS is_converted,
         has_item(param_list('funnel.qualified_lead_statuses'), l.status) OR q.qualified_at IS NOT NULL AS is_qualified,
         has_item(param_list('funnel.lost_lead_statuses'), l.status) AS is_dropped,
         coalesce(q.qualified_at, CASE WHEN l.is_converted THEN day_start(l.converted_date) END) AS qualified_at,
         o.status AS deal_status, o.closed_at AS deal_closed_at, o.deal_value_usd, o.weighted_amount_usd
  FROM silver.lead l
  LEFT JOIN lead_qualified q ON q.lead_id = l.lead_id
  LEFT JOIN gold.opportunities o ON o.opportunity_id = CASE WHEN l.is_converted THEN l.converted_opportunity_id END
), lead_way AS (
  SELECT 'lead' AS funnel, region, lead_id AS id,
         CASE WHEN deal_status = 'won' THEN 'won' WHEN deal_status = 'lost' OR (is_dropped AND NOT is_converted) THEN 'lost'
              WHEN is_converted AND deal_status IS NULL THEN 'converted' ELSE 'open' END AS status,
         created_at,
         CASE WHEN deal_status = 'won' THEN 3 WHEN is_qualified OR is_converted THEN 2 ELSE 1 END AS furthest,
         CASE WHEN is_qualified OR is_converted THEN 2 ELSE 1 END AS current_position,
         deal_value_usd, weighted_amount_usd
  FROM lead_state
),

-- Every deal in its region and in ALL.
member AS (
  SELECT m.*, m.created_at < as_of_end() AND day_of(m.created_at) > days_before(as_of(), param('funnel.window_days')) AS in_cohort
  FROM (SELECT * FROM deal UNION ALL SELECT * FROM lead_way
        UNION ALL SELECT * REPLACE ('ALL' AS region) FROM deal UNION ALL SELECT * REPLACE ('ALL' AS region) FROM lead_way) m
),
stay AS (
  SELECT 'opportunity' AS funnel, o.region, h.ladder_position AS stage_order, h.opportunity_id AS id, CAST(sum(exact(h.days_in_stage)) AS DOUBLE) AS days
  FROM gold.opportunity_stage_history h
  JOIN gold.opportunities o ON o.opportunity_id = h.opportunity_id
  WHERE h.exited_at IS NOT NULL AND h.ladder_position IS NOT NULL AND h.basis = 'history'
  GROUP BY o.region, h.ladder_position, h.opportunity_id
  UNION ALL
  SELECT 'lead', region, 1, lead_id, date_diff('second', created_at, qualified_at) / 86400.0 FROM lead_state WHERE qualified_at >= created_at
  UNION ALL
  SELECT 'lead', region, 2, lead_id, date_diff('second', qualified_at, deal_closed_at) / 86400.0 FROM lead_state
  WHERE deal_status = 'won' AND deal_closed_at >= qualified_at
), pace AS (
  SELECT s.funnel, m.region, s.stage_order, exact_quantile(s.days, 0.5) AS median_days
  FROM stay s JOIN member m ON m.funnel = s.funnel AND m.id = s.id AND m.in_cohort
  GROUP BY s.funnel, m.region, s.stage_order
),
counted AS (
  SELECT l.funnel, r.region, l.stage_name, l.stage_order, t.won_order,
         count(*) FILTER (WHERE m.in_cohort AND m.furthest >= l.stage_order) AS entered_count,
         count(*) FILTER (WHERE m.status = 'open' AND m.current_position = l.stage_order) AS current_count,
         count(*) FILTER (WHERE m.in_cohort AND m.furthest > l.stage_order) AS advanced_count,
         count(*) FILTER (WHERE m.in_cohort AND m.status = 'lost' AND m.furthest = l.stage_order) AS lost_count,
         count(*) FILTER (WHERE m.in_cohort AND m.status = 'won') AS won_count,
         sum(m.deal_value_usd) FILTER (WHERE CASE WHEN l.stage_order = t.won_order THEN m.in_cohort AND m.status = 'won'
                                                 ELSE m.status = 'open' AND m.current_position = l.stage_order END) AS amount_usd,
         sum(m.weighted_amount_usd) FILTER (WHERE m.status = 'open' AND m.current_position = l.stage_order) AS weighted_amount_usd
  FROM ladder l
  JOIN top t ON t.funnel = l.funnel
  JOIN (SELECT DISTINCT funnel, region FROM member) r ON r.funnel = l.funnel
  JOIN member m ON m.funnel = l.funnel AND m.region = r.region
  GROUP BY l.funnel, r.region, l.stage_name, l.stage_order, t.won_order
), rated AS (
  SELECT c.*, p.median_days,
         CASE WHEN c.stage_order < c.won_order THEN ratio(c.advanced_count, c.entered_count) END AS conversion_to_next,
         ratio(c.won_count, c.entered_count) AS conversion_to_won
  FROM counted c
  LEFT JOIN pace p ON p.funnel = c.funnel AND p.region = c.region AND p.stage_order = c.stage_order
), typical AS (
  SELECT funnel, region, exact_quantile(conversion_to_next, 0.5) AS median_conversion, max(median_days) AS longest_days
  FROM rated GROUP BY funnel, region
)
SELECT as_of() AS as_of_date, r.funnel, r.region, r.stage_name, r.stage_order,
       days_before(as_of(), param('funnel.window_days') - 1) AS window_start,
       r.entered_count, r.current_count, CASE WHEN r.stage_order < r.won_order THEN r.advanced_count END AS advanced_count, r.lost_count,
       r.conversion_to_next, r.conversion_to_won, r.median_days AS median_days_in_stage,
       coalesce(r.amount_usd, CASE WHEN r.stage_order < r.won_order AND r.current_count = 0 OR r.stage_order = r.won_order AND r.won_count = 0 THEN 0 END) AS amount_usd,
       CASE WHEN r.stage_order < r.won_order THEN coalesce(r.weighted_amount_usd, CASE WHEN r.current_count = 0 THEN 0 END) END AS weighted_amount_usd,
       coalesce(r.entered_count >= param('funnel.bottleneck_min_entered') AND r.median_days = t.longest_days AND r.conversion_to_next < t.median_conversion, false) AS is_bottleneck
FROM rated r
JOIN typical t ON t.funnel = r.funnel AND t.region = r.region
