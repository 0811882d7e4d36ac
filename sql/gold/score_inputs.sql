-- grain: account of an active customer
-- key: account_id
-- storage: single
--
-- What health and churn scores are computed from, beside what account_metrics has. Only
-- accounts of active customers are scored. NULL is "not known": the measures that need it
-- are missing, never 0.
--
-- days_without_contact is the days since the last two-way contact; without any, the days
-- for which the contact sources and the customer have existed (was_contacted tells), so an
-- account is not called silent for longer than anybody could have heard it.
-- overdue_days is the age of the oldest debt that matters: undisputed amounts overdue for at
-- least that long sum to churn.overdue_min_usd.
WITH available AS (
  SELECT source_region, bool_or(silver_table = 'activity') AS has_activity,
         min(day_of(first_event_at)) FILTER (WHERE silver_table IN ('activity', 'communication')) AS first_contact_day
  FROM ops.source_coverage WHERE is_available GROUP BY source_region
), support AS (
  SELECT account_id,
         CAST(sum(exact(coalesce(list_extract(param_numbers('health.severity_weights'), CASE WHEN severity >= 1 THEN severity END),
                                 list_extract(param_numbers('health.severity_weights'), -1))))
              FILTER (WHERE day_of(created_at) > days_before(as_of(), param('customer_360.case_window_days'))) AS DOUBLE) AS case_weight,
         count(*) FILTER (WHERE is_open AND is_escalated) AS open_escalations
  FROM gold.support_cases GROUP BY account_id
), service AS (
  SELECT account_id,
         count(*) FILTER (WHERE active_on(days_before(as_of(), param('health.service_window_days')), activated_on, ended_on, NULL, status)) AS services_before
  FROM gold.services GROUP BY account_id
), review AS (
  SELECT account_id, count(*) AS reviews_planned,
         count(*) FILTER (WHERE completed_at < as_of_end() AND coalesce(was_held, true) AND coalesce(customer_attended, true)) AS reviews_held
  FROM silver.activity
  WHERE has_item(param_list('health.review_types'), activity_type)
    AND day_of(coalesce(planned_at, completed_at)) <= as_of()
    AND day_of(coalesce(planned_at, completed_at)) > months_before(as_of(), param('health.review_window_months'))
  GROUP BY account_id
), answer AS (
  SELECT account_id, score_100,
         row_number() OVER (PARTITION BY account_id, coalesce(end_user_id, survey_response_id) ORDER BY responded_at DESC, survey_response_id) AS latest
  FROM gold.survey_responses
  WHERE survey_type = 'NPS' AND score_100 IS NOT NULL AND responded_at < as_of_end()
    AND day_of(responded_at) > months_before(as_of(), param('health.nps_window_months'))
), nps AS (
  SELECT account_id, exact_mean(score_100) AS nps_answer, count(*) AS nps_answers FROM answer WHERE latest = 1 GROUP BY account_id
), debt AS (
  SELECT account_id, days_overdue, sum(outstanding_usd - disputed_usd) AS overdue_usd
  FROM gold.invoices WHERE is_overdue AND outstanding_usd > disputed_usd GROUP BY account_id, days_overdue
), old_debt AS (
  SELECT account_id, max(days_overdue) AS overdue_days
  FROM (SELECT account_id, days_overdue, sum(overdue_usd) OVER (PARTITION BY account_id ORDER BY days_overdue DESC) AS at_least FROM debt)
  WHERE at_least >= param('churn.overdue_min_usd') GROUP BY account_id
), contract AS (
  SELECT account_id, count(*) AS contracts FROM gold.contracts WHERE renewal_outcome IS NOT NULL GROUP BY account_id
), scored AS (
  SELECT m.*, a.segment, a.customer_since, p.orders_12m, p.trend_12m
  FROM gold.account_metrics m
  JOIN gold.account_status s ON s.account_id = m.account_id AND s.customer_status = 'active'
  JOIN gold.account_members a ON a.account_id = m.account_id
  LEFT JOIN gold.purchase_patterns p ON p.account_id = m.account_id AND p.as_of_date = as_of()
), typical AS (
  SELECT segment, exact_quantile(orders_12m, 0.5) AS segment_orders_12m FROM scored WHERE orders_12m IS NOT NULL GROUP BY segment
)
SELECT s.account_id, s.master_account_id, s.segment, s.history_quality,
       s.mrr_usd, s.revenue_prior_ttm_usd, s.weighted_pipeline_usd, s.has_sales,
       s.has_billing, s.invoices_due_12m, s.invoices_on_time_12m, s.on_time_rate_12m, s.max_days_overdue, s.undisputed_overdue_usd,
       s.has_billing AND s.overdue_usd IS NULL AS is_debt_unknown, o.overdue_days,
       s.has_cases, s.has_services, s.active_services, CASE WHEN s.has_cases THEN coalesce(c.case_weight, 0) END AS case_weight, s.cases_90d,
       s.resolutions_due, s.resolutions_met, CASE WHEN s.has_cases THEN coalesce(c.open_escalations, 0) END AS open_escalations, s.escalations_90d,
       CASE WHEN s.has_services THEN coalesce(v.services_before, 0) END AS services_before,
       s.has_usage, u.change_90d AS usage_change, u.trend AS usage_trend,
       coalesce(g.has_activity, false) OR r.account_id IS NOT NULL AS has_activity, coalesce(r.reviews_planned, 0) AS reviews_planned, coalesce(r.reviews_held, 0) AS reviews_held,
       s.has_contact, s.last_contact_at IS NOT NULL AS was_contacted,
       CASE WHEN s.has_contact THEN date_diff('day', coalesce(day_of(s.last_contact_at), greatest(g.first_contact_day, s.customer_since), DATE '1900-01-01'), as_of()) END AS days_without_contact,
       s.has_contracts, coalesce(k.contracts, 0) AS contracts, s.contract_end_date, s.renewed_36m, s.decided_36m,
       s.has_surveys, n.nps_answer, coalesce(n.nps_answers, 0) AS nps_answers,
       s.orders_12m, s.trend_12m, t.segment_orders_12m
FROM scored s
LEFT JOIN available g ON g.source_region = s.source_region
LEFT JOIN support c ON c.account_id = s.account_id
LEFT JOIN service v ON v.account_id = s.account_id
LEFT JOIN review r ON r.account_id = s.account_id
LEFT JOIN nps n ON n.account_id = s.account_id
LEFT JOIN old_debt o ON o.account_id = s.account_id
LEFT JOIN contract k ON k.account_id = s.account_id
LEFT JOIN gold.usage_trend u ON u.account_id = s.account_id AND u.as_of_date = as_of() AND u.product_family = 'ALL' AND u.usage_type = 'ALL'
LEFT JOIN typical t ON t.segment = s.segment
