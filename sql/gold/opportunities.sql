-- grain: opportunity
-- key: opportunity_id
-- storage: single
--
-- Every opportunity with its state at the as-of. An unknown account becomes
-- UNASSIGNED-<source region>; the id the source gave stays in source_account_id.
-- Closed deals keep the USD value of their closing date, open ones are valued at the
-- as-of rate. closed_at is the last entry into the present closed state in the history,
-- else the close date. win_probability of an open deal is the share of closed deals that
-- were won among those whose history shows that they reached its stage, in the last
-- opportunities.win_rate_window_months; the stated probability where fewer than
-- opportunities.stage_rate_min_n closed.
WITH closed_entry AS (
  -- Entries into the state (won, lost) that the opportunity is in now.
  SELECT h.opportunity_id, max(h.entered_at) AS closed_at
  FROM (SELECT opportunity_id, entered_at, stage_name, is_closed_stage, is_won_stage,
               lag(is_closed_stage) OVER w AS was_closed, lag(is_won_stage) OVER w AS was_won
        FROM gold.opportunity_stage_history
        WHERE basis = 'history'
        WINDOW w AS (PARTITION BY opportunity_id ORDER BY stage_seq)) h
  JOIN silver.opportunity o ON o.opportunity_id = h.opportunity_id
  WHERE o.is_closed AND h.is_closed_stage AND h.is_won_stage = coalesce(o.is_won, false)
    AND NOT (coalesce(h.was_closed, false) AND h.was_won = h.is_won_stage)
  GROUP BY h.opportunity_id
), last_visit AS (
  SELECT opportunity_id, stage_name, entered_at FROM (
    SELECT opportunity_id, stage_name, entered_at, row_number() OVER (PARTITION BY opportunity_id ORDER BY stage_seq DESC) AS latest
    FROM gold.opportunity_stage_history)
  WHERE latest = 1
), told AS (
  SELECT DISTINCT coalesce(source_region, '') AS source_region FROM silver.opportunity_history WHERE changed_at < as_of_end()
), push AS (
  SELECT opportunity_id, count(*) AS push_count
  FROM (SELECT opportunity_id, close_date,
               lag(close_date) OVER (PARTITION BY opportunity_id ORDER BY changed_at, opportunity_history_id) AS previous
        FROM silver.opportunity_history WHERE changed_at < as_of_end())
  WHERE close_date > previous
  GROUP BY opportunity_id
), line AS (
  SELECT opportunity_id, product_line FROM (
    SELECT l.opportunity_id, coalesce(p.product_line, p.product_family) AS product_line,
           row_number() OVER (PARTITION BY l.opportunity_id
                              ORDER BY sum(l.total_price) DESC NULLS LAST, coalesce(p.product_line, p.product_family)) AS rank
    FROM silver.opportunity_line_item l
    JOIN silver.product p ON p.product_id = l.product_id
    WHERE coalesce(p.product_line, p.product_family) IS NOT NULL
    GROUP BY l.opportunity_id, coalesce(p.product_line, p.product_family))
  WHERE rank = 1
), deal AS (
  SELECT o.*, s.stage_order, s.ladder_position,
         CASE WHEN o.is_closed THEN coalesce(c.closed_at, day_start(least(o.close_date, as_of()))) END AS closed_at,
         CASE WHEN coalesce(o.is_closed, false) AND coalesce(o.is_won, false) THEN 'won' WHEN coalesce(o.is_closed, false) THEN 'lost' ELSE 'open' END AS status,
         coalesce(has_item(param_list('opportunities.excluded_outcomes'), o.loss_reason), false)
           OR coalesce(has_item(param_list('opportunities.excluded_outcomes'), o.stage_name), false) AS is_excluded
  FROM silver.opportunity o
  LEFT JOIN gold.sales_stages s ON s.source_system = o.source_system AND s.stage_name = o.stage_name
  LEFT JOIN closed_entry c ON c.opportunity_id = o.opportunity_id
),

-- What came of the deals that reached each step; only deals whose way is known.
furthest AS (
  SELECT opportunity_id, max(ladder_position) AS furthest FROM gold.opportunity_stage_history
  WHERE basis = 'history'
  GROUP BY opportunity_id
), outcome AS (
  SELECT d.opportunity_id, d.status, f.furthest
  FROM deal d JOIN furthest f ON f.opportunity_id = d.opportunity_id
  WHERE d.status <> 'open' AND NOT d.is_excluded
    AND day_of(d.closed_at) > months_before(as_of(), param('opportunities.win_rate_window_months'))
    AND day_of(d.closed_at) <= as_of()
), step_rate AS (
  SELECT s.ladder_position, count(*) AS closed, count(*) FILTER (WHERE o.status = 'won') AS won
  FROM (SELECT DISTINCT ladder_position FROM gold.sales_stages WHERE ladder_position IS NOT NULL) s
  JOIN outcome o ON o.status = 'won' OR o.furthest >= s.ladder_position
  GROUP BY s.ladder_position
),

-- How long won deals stood in each step.
won_days AS (
  SELECT h.opportunity_id, h.ladder_position, CAST(sum(exact(h.days_in_stage)) AS DOUBLE) AS days
  FROM gold.opportunity_stage_history h JOIN deal d ON d.opportunity_id = h.opportunity_id
  WHERE d.status = 'won' AND h.basis = 'history' AND h.ladder_position IS NOT NULL AND h.days_in_stage IS NOT NULL
  GROUP BY h.opportunity_id, h.ladder_position
), patience AS (
  SELECT ladder_position, exact_quantile(days, param('opportunities.stalled_quantile')) AS days
  FROM won_days GROUP BY ladder_position HAVING count(*) >= param('opportunities.stalled_min_n')
),

valued AS (
  SELECT d.*, v.entered_at,
         CASE WHEN d.status = 'open' THEN r.units_per_usd ELSE d.fx_rate END AS used_rate,
         CASE WHEN d.status = 'open' THEN r.rate_date ELSE d.fx_rate_date END AS used_rate_date,
         CASE WHEN d.status = 'open' THEN coalesce(r.fx_status, 'missing') ELSE d.fx_status END AS used_status,
         CASE WHEN d.status = 'open' THEN usd(d.amount, r.units_per_usd) ELSE d.amount_usd END AS value_usd,
         CASE WHEN d.status = 'open' THEN date_diff('day', day_of(coalesce(v.entered_at, d.created_at)), as_of()) END AS stage_days
  FROM deal d
  LEFT JOIN last_visit v ON v.opportunity_id = d.opportunity_id
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = d.currency_iso_code
)
SELECT d.opportunity_id, coalesce(a.account_id, unassigned(d.source_region)) AS account_id, a.master_account_id,
       d.opportunity_name, d.opportunity_type, d.stage_name, d.stage_name AS stage, d.stage_order, d.status,
       d.status <> 'open' AS is_closed, d.status = 'won' AS is_won,
       d.amount AS deal_value, d.amount, d.currency_iso_code, d.value_usd AS deal_value_usd,
       d.used_rate AS fx_rate, d.used_rate_date AS fx_rate_date, d.used_status AS fx_status,
       d.probability,
       CASE d.status WHEN 'won' THEN 1 WHEN 'lost' THEN 0
            ELSE coalesce(ratio(t.won, t.closed, param('opportunities.stage_rate_min_n')), d.probability / 100) END AS win_probability,
       CASE WHEN d.status = 'open' THEN CAST(round(d.value_usd * CAST(d.probability AS DECIMAL(9,4)) / 100, 2) AS DECIMAL(18,2)) END AS weighted_amount_usd,
       d.close_date, d.closed_at, d.created_at,
       CASE WHEN d.status = 'won' AND day_of(d.closed_at) >= day_of(d.created_at) THEN date_diff('day', day_of(d.created_at), day_of(d.closed_at)) END AS sales_cycle_days,
       CASE WHEN d.status = 'open' THEN date_diff('day', day_of(d.created_at), as_of())
            WHEN day_of(d.closed_at) >= day_of(d.created_at) THEN date_diff('day', day_of(d.created_at), day_of(d.closed_at)) END AS days_open,
       d.stage_days AS days_in_stage, coalesce(p.push_count, CASE WHEN y.source_region IS NOT NULL THEN 0 END) AS push_count,
       l.product_line, d.lead_source, d.campaign_id, d.owner_id, u.user_name AS owner_name,
       coalesce(a.region, d.source_region, 'UNKNOWN') AS region,
       d.loss_reason, d.primary_competitor, d.next_step, d.last_activity_date,
       CASE WHEN d.status = 'open' THEN d.stage_days > w.days ELSE false END AS is_stalled,
       has_item(param_list('opportunities.renewal_types'), d.opportunity_type)
         OR has_item(param_list('opportunities.renewal_types'), d.record_type) AS is_renewal,
       d.status <> 'open' AND NOT d.is_excluded AS counts_for_win_rate,
       d.account_id AS source_account_id
FROM valued d
LEFT JOIN gold.account_members a ON a.account_id = d.account_id
LEFT JOIN step_rate t ON t.ladder_position = d.ladder_position
LEFT JOIN patience w ON w.ladder_position = d.ladder_position
LEFT JOIN push p ON p.opportunity_id = d.opportunity_id
LEFT JOIN told y ON y.source_region = coalesce(d.source_region, '')
LEFT JOIN line l ON l.opportunity_id = d.opportunity_id
LEFT JOIN silver."user" u ON u.user_id = d.owner_id
