-- grain: account with cases, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- What an account's cases add up to: open now and customer_360.compare_days ago, and the
-- numerators and denominators of the service rates over cases created in
-- customer_360.case_window_days. Escalations count by their day, each time a case was
-- escalated. Cases without an answer have no response time, so they are counted: open ones,
-- with the age of the oldest, and those closed without any.
WITH escalation AS (
  SELECT account_id, count(*) AS escalations_90d FROM gold.case_escalations
  WHERE day_of(escalated_at) > days_before(as_of(), param('customer_360.case_window_days'))
  GROUP BY account_id
), counted_case AS (
  SELECT account_id, count(*) FILTER (WHERE is_open) AS open_cases,
         count(*) FILTER (WHERE created_at < day_start(days_before(as_of(), param('customer_360.compare_days') - 1))
                            AND (is_open OR closed_at >= day_start(days_before(as_of(), param('customer_360.compare_days') - 1)))) AS open_cases_30d_ago,
         count(*) FILTER (WHERE is_recent) AS cases_90d,
         sum(exact(first_response_minutes)) FILTER (WHERE is_recent) AS first_response_minutes,
         count(first_response_minutes) FILTER (WHERE is_recent) AS first_responses,
         count(*) FILTER (WHERE is_open AND first_response_at IS NULL) AS unanswered_cases,
         max((epoch_ms(as_of_end()) - epoch_ms(created_at)) / 3600000.0) FILTER (WHERE is_open AND first_response_at IS NULL) AS oldest_unanswered_hours,
         count(*) FILTER (WHERE is_recent AND NOT is_open AND first_response_at IS NULL) AS closed_unanswered,
         sum(milestones_due) FILTER (WHERE is_recent) AS milestones_due, sum(milestones_met) FILTER (WHERE is_recent) AS milestones_met,
         count(*) FILTER (WHERE is_recent AND is_sla_breached) AS sla_breaches,
         count(resolved_within_target) FILTER (WHERE is_recent) AS resolutions_due,
         count(*) FILTER (WHERE is_recent AND resolved_within_target) AS resolutions_met,
         sum(exact(resolution_hours)) FILTER (WHERE is_recent) AS resolution_hours,
         count(resolution_hours) FILTER (WHERE is_recent) AS resolutions
  FROM (SELECT *, day_of(created_at) > days_before(as_of(), param('customer_360.case_window_days')) AS is_recent FROM gold.support_cases)
  GROUP BY account_id
)
SELECT c.*, coalesce(e.escalations_90d, 0) AS escalations_90d
FROM counted_case c LEFT JOIN escalation e ON e.account_id = c.account_id
