-- grain: case
-- key: case_id
-- storage: partitioned
--
-- Support cases as they stood at the as-of date. What is open, closed, reopened, escalated
-- or paused comes from the case history; only a case without status history is judged by
-- its own fields. Times:
--   first_response     earlier of the first public outbound message and the completion of
--                      the first-response milestone
--   resolution_hours   creation to last closure, less the time spent waiting for the customer
--   ..._business_...   the same in open time of the case's calendar (else its entitlement's,
--                      else its milestones'), holidays left out; several calendars are summed
-- Milestones count when they are due (case_milestones: met or violated). csat_score is the latest answer, 0 to 100.
-- repeat_of_case_id: the case of the same account, product family and reason that closed
-- last before this one was opened, within cases.repeat_days (days of the calendar, not
-- multiples of 24 hours).
WITH case_now AS (
  SELECT c.*, coalesce(a.account_id, unassigned(c.source_region)) AS gold_account_id, a.master_account_id, coalesce(a.region, c.source_region, 'UNKNOWN') AS region,
         coalesce(p.product_family, q.product_family, 'UNKNOWN') AS product_family
  FROM silver.support_case c
  LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  LEFT JOIN silver.product p ON p.product_id = c.product_id
  LEFT JOIN silver.asset s ON s.asset_id = c.asset_id
  LEFT JOIN silver.product q ON q.product_id = s.product_id
  WHERE c.created_at IS NULL OR c.created_at < as_of_end()
), history AS (
  SELECT case_id, changed_at, lower(field_name) AS field_name, old_value, new_value, case_history_id
  FROM silver.case_history WHERE changed_at < as_of_end()
), told AS (
  -- Regions whose changes of cases are known: elsewhere nobody can say that a case was not reopened.
  SELECT DISTINCT coalesce(source_region, '') AS source_region FROM silver.case_history WHERE changed_at < as_of_end()
), status_change AS (
  SELECT case_id, changed_at, new_value AS status, case_history_id,
         list_contains(param_list('cases.closed_statuses'), lower(new_value)) AS is_closed,
         list_contains(param_list('cases.paused_statuses'), lower(new_value)) AS is_paused,
         list_contains(param_list('cases.closed_statuses'), lower(old_value)) AS was_closed,
         lead(changed_at) OVER (PARTITION BY case_id ORDER BY changed_at, case_history_id) AS until_at,
         lag(list_contains(param_list('cases.closed_statuses'), lower(new_value))) OVER (PARTITION BY case_id ORDER BY changed_at, case_history_id) AS previous_closed
  FROM history WHERE field_name = 'status' AND new_value IS NOT NULL
), lifecycle AS (
  SELECT case_id,
         arg_max(status, (changed_at, case_history_id)) AS last_status, arg_max(is_closed, (changed_at, case_history_id)) AS is_closed,
         max(changed_at) FILTER (WHERE is_closed AND NOT coalesce(previous_closed, was_closed, false)) AS closed_at,
         count(*) FILTER (WHERE NOT is_closed AND coalesce(previous_closed, was_closed, false)) AS reopen_count
  FROM status_change GROUP BY case_id
), escalation AS (
  SELECT case_id, min(changed_at) FILTER (WHERE lower(new_value) IN ('true', '1', 'yes')) AS escalated_at, count(*) > 0 AS has_history
  FROM history WHERE field_name IN ('isescalated', 'is escalated', 'escalated') GROUP BY case_id
), sla AS (
  SELECT case_id, count(*) FILTER (WHERE outcome IN ('met', 'violated')) AS milestones_due, count(*) FILTER (WHERE outcome = 'met') AS milestones_met,
         min(completed_at) FILTER (WHERE milestone_kind = 'first_response') AS first_response_at,
         bool_and(outcome = 'met') FILTER (WHERE milestone_kind = 'resolution' AND outcome IN ('met', 'violated')) AS resolved_within_target,
         min(business_hours_id) AS business_hours_id
  FROM gold.case_milestones GROUP BY case_id
), reply AS (
  SELECT m.case_id, min(m.sent_at) AS first_reply_at
  FROM silver.communication m JOIN case_now c ON c.case_id = m.case_id AND m.sent_at >= c.created_at
  WHERE m.sent_at < as_of_end() AND lower(m.direction) = 'outbound' AND coalesce(m.is_public, true)
  GROUP BY m.case_id
), csat AS (
  SELECT case_id, arg_max(score_100, (responded_at, survey_response_id)) AS csat_score
  FROM gold.survey_responses
  WHERE case_id IS NOT NULL AND survey_type = 'CSAT' AND score_100 IS NOT NULL GROUP BY case_id
), timed AS (
  SELECT c.*, row_id([c.source_system, c.source_region, coalesce(c.business_hours_id, e.business_hours_id, s.business_hours_id)]) AS calendar_id,
         CASE WHEN l.case_id IS NOT NULL THEN l.is_closed ELSE coalesce(c.is_closed, c.closed_at IS NOT NULL) AND coalesce(c.closed_at < as_of_end(), true) END AS is_done,
         CASE WHEN l.case_id IS NOT NULL THEN l.closed_at ELSE c.closed_at END AS last_closed_at,
         coalesce(l.last_status, c.status) AS status_now, coalesce(l.reopen_count, CASE WHEN y.source_region IS NOT NULL THEN 0 END) AS reopen_count,
         least(r.first_reply_at, CASE WHEN s.first_response_at IS NOT NULL THEN greatest(s.first_response_at, c.created_at) END) AS first_response_at,
         x.escalated_at, coalesce(x.has_history, false) AS has_escalation_history,
         s.milestones_due, s.milestones_met, s.resolved_within_target, v.csat_score
  FROM case_now c
  LEFT JOIN lifecycle l ON l.case_id = c.case_id
  LEFT JOIN told y ON y.source_region = coalesce(c.source_region, '')
  LEFT JOIN escalation x ON x.case_id = c.case_id
  LEFT JOIN sla s ON s.case_id = c.case_id
  LEFT JOIN reply r ON r.case_id = c.case_id
  LEFT JOIN csat v ON v.case_id = c.case_id
  LEFT JOIN silver.entitlement e ON e.entitlement_id = c.entitlement_id
), solved AS (
  SELECT *, CASE WHEN is_done AND last_closed_at >= created_at THEN last_closed_at END AS solved_at FROM timed
), paused AS (
  SELECT h.case_id, c.calendar_id, greatest(h.changed_at, c.created_at) AS from_at, least(h.until_at, c.solved_at) AS to_at
  FROM status_change h JOIN solved c ON c.case_id = h.case_id
  WHERE h.is_paused AND c.solved_at IS NOT NULL AND least(h.until_at, c.solved_at) > greatest(h.changed_at, c.created_at)
),

-- Open time up to an instant, for every instant that matters.
instant AS (
  SELECT calendar_id, created_at AS moment FROM solved
  UNION SELECT calendar_id, first_response_at FROM solved
  UNION SELECT calendar_id, solved_at FROM solved
  UNION SELECT calendar_id, from_at FROM paused
  UNION SELECT calendar_id, to_at FROM paused
), clock AS (
  SELECT i.calendar_id, i.moment, t.open_before + least(epoch_ms(i.moment) - epoch_ms(t.opens_at), epoch_ms(t.closes_at) - epoch_ms(t.opens_at)) / 1000.0 AS open_seconds
  FROM instant i ASOF JOIN gold.business_time t ON t.calendar_id = i.calendar_id AND t.opens_at <= i.moment
  WHERE i.moment IS NOT NULL
), pause AS (
  SELECT p.case_id, sum(epoch_ms(p.to_at) - epoch_ms(p.from_at)) AS paused_ms,
         sum(CAST(t.open_seconds - f.open_seconds AS DECIMAL(18,3))) AS paused_open_seconds
  FROM paused p
  LEFT JOIN clock f ON f.calendar_id = p.calendar_id AND f.moment = p.from_at
  LEFT JOIN clock t ON t.calendar_id = p.calendar_id AND t.moment = p.to_at
  GROUP BY p.case_id
), measured AS (
  SELECT c.*, (epoch_ms(c.first_response_at) - epoch_ms(c.created_at)) / 60000.0 AS first_response_minutes,
         (r.open_seconds - b.open_seconds) / 60.0 AS first_response_business_minutes,
         (epoch_ms(c.solved_at) - epoch_ms(c.created_at) - coalesce(p.paused_ms, 0)) / 3600000.0 AS resolution_hours,
         (e.open_seconds - b.open_seconds - coalesce(p.paused_open_seconds, 0)) / 3600.0 AS resolution_business_hours
  FROM solved c
  LEFT JOIN clock b ON b.calendar_id = c.calendar_id AND b.moment = c.created_at
  LEFT JOIN clock r ON r.calendar_id = c.calendar_id AND r.moment = c.first_response_at
  LEFT JOIN clock e ON e.calendar_id = c.calendar_id AND e.moment = c.solved_at
  LEFT JOIN pause p ON p.case_id = c.case_id
),

-- The latest earlier closure of the same problem: closures and openings in one order.
problem AS (
  SELECT gold_account_id, product_family, reason, case_id, solved_at AS moment, 0 AS is_opening FROM measured
  WHERE solved_at IS NOT NULL AND reason IS NOT NULL AND master_account_id IS NOT NULL
  UNION ALL
  SELECT gold_account_id, product_family, reason, case_id, created_at, 1 FROM measured
  WHERE created_at IS NOT NULL AND reason IS NOT NULL AND master_account_id IS NOT NULL
), problem_step AS (
  SELECT case_id, moment, is_opening,
         last_value(CASE WHEN is_opening = 0 THEN case_id END IGNORE NULLS) OVER w AS closed_case_id,
         last_value(CASE WHEN is_opening = 0 THEN moment END IGNORE NULLS) OVER w AS closed_case_at
  FROM problem
  WINDOW w AS (PARTITION BY gold_account_id, product_family, reason ORDER BY moment, is_opening, case_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), repeated AS (
  SELECT case_id, closed_case_id FROM problem_step
  WHERE is_opening = 1 AND closed_case_id <> case_id AND days_between(day_of(closed_case_at), day_of(moment)) <= param('cases.repeat_days')
)
SELECT m.case_id, m.case_number, m.gold_account_id AS account_id, m.master_account_id, m.account_id AS source_account_id, m.end_user_id,
       m.product_family, coalesce(m.reason, 'UNKNOWN') AS reason, m.case_type, m.priority,
       coalesce(m.severity, CASE lower(m.priority) WHEN 'critical' THEN 1 WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'normal' THEN 3 WHEN 'low' THEN 4 END) AS severity,
       m.status_now AS status, m.origin, m.owner_id, u.user_name AS owner_name, m.region, m.created_at,
       CASE WHEN m.is_done THEN m.last_closed_at END AS closed_at, NOT m.is_done AS is_open,
       m.first_response_at, m.first_response_minutes, m.first_response_business_minutes, m.resolution_hours, m.resolution_business_hours,
       m.escalated_at IS NOT NULL OR (coalesce(m.is_escalated, false) AND NOT m.has_escalation_history) AS is_escalated,
       coalesce(m.escalated_at, CASE WHEN m.is_escalated AND NOT m.has_escalation_history THEN m.created_at END) AS escalated_at,
       m.reopen_count, coalesce(m.milestones_due, 0) AS milestones_due, coalesce(m.milestones_met, 0) AS milestones_met,
       CASE WHEN m.milestones_due > 0 THEN m.milestones_met < m.milestones_due END AS is_sla_breached,
       m.resolved_within_target,
       coalesce(m.is_complaint, list_contains(param_list('cases.complaint_types'), lower(m.case_type)), false) AS is_complaint,
       m.csat_score, CAST(NULL AS DOUBLE) AS sentiment_score, r.closed_case_id AS repeat_of_case_id
FROM measured m
LEFT JOIN repeated r ON r.case_id = m.case_id
LEFT JOIN silver."user" u ON u.user_id = m.owner_id
