-- grain: account of an active customer x measure of health
-- key: account_id, measure
-- storage: single
--
-- Every measure that a health scorecard may weigh, each from 0 (bad) to 100 (good), with the
-- figure it comes from. A measure without its figure has no sub_score but a missing_reason.
WITH measured AS (
  SELECT account_id, 'on_time_rate' AS measure, on_time_rate_12m AS raw_value, 'ratio' AS unit, 100 * on_time_rate_12m AS sub_score,
         CASE WHEN NOT has_billing THEN 'no billing account' ELSE 'fewer than ' || counted(param('ar.min_invoices'), 'undisputed invoice', 'undisputed invoices') || ' due in 12 months' END AS missing_reason,
         invoices_on_time_12m || ' of ' || counted(invoices_due_12m, 'invoice', 'invoices') || ' due in 12 months paid on time.' AS evidence
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'days_overdue', CASE WHEN has_billing THEN max_days_overdue END, 'days',
         CASE WHEN has_billing THEN scale_100(max_days_overdue, param('health.overdue_zero_days'), 0) END, 'no billing account',
         CASE WHEN max_days_overdue > 0 THEN 'The oldest unpaid invoice is ' || counted(max_days_overdue, 'day', 'days') || ' overdue.' ELSE 'No invoice is overdue.' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'case_load', ratio(case_weight * param('health.case_load_services'), active_services), 'weighted cases per ' || CAST(param('health.case_load_services') AS BIGINT) || ' services',
         scale_100(ratio(case_weight * param('health.case_load_services'), active_services), param('health.case_load_cap'), 0),
         CASE WHEN NOT has_cases THEN 'no case source' WHEN NOT has_services THEN 'no source of services' ELSE 'no active service' END,
         counted(cases_90d, 'case', 'cases') || ' in ' || CAST(param('customer_360.case_window_days') AS BIGINT) || ' days, weighing ' || format('{:g}', case_weight) || ', for ' || counted(active_services, 'active service', 'active services') || '.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'resolution_rate', ratio(resolutions_met, resolutions_due), 'ratio', 100 * ratio(resolutions_met, resolutions_due),
         CASE WHEN NOT has_cases THEN 'no case source' ELSE 'no resolution target due in ' || CAST(param('customer_360.case_window_days') AS BIGINT) || ' days' END,
         resolutions_met || ' of ' || counted(resolutions_due, 'case', 'cases') || ' resolved within target.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'open_escalations', open_escalations, 'cases',
         CASE WHEN open_escalations = 0 THEN 100 WHEN open_escalations = 1 THEN param('health.one_escalation_score') WHEN open_escalations > 1 THEN 0 END,
         'no case source',
         CASE WHEN open_escalations = 0 THEN 'No escalated case is open.' ELSE counted(open_escalations, 'escalated case is', 'escalated cases are') || ' open.' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'usage_change', usage_change, 'ratio',
         CASE WHEN usage_change < 0 THEN param('health.unchanged_score') * scale_100(usage_change, param('health.usage_zero_change'), 0) / 100
              ELSE param('health.unchanged_score') + (100 - param('health.unchanged_score')) * scale_100(usage_change, 0, param('health.usage_full_change')) / 100 END,
         no_usage_reason(usage_trend, has_usage),
         CASE WHEN usage_change < 0 THEN 'Usage of the last 90 days is ' || percent_text(-usage_change) || ' below the 90 days before.'
              WHEN usage_change > 0 THEN 'Usage of the last 90 days is ' || percent_text(usage_change) || ' above the 90 days before.'
              ELSE 'Usage of the last 90 days is that of the 90 days before.' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'service_change', CASE WHEN active_services > 0 OR services_before > 0 THEN active_services - services_before END, 'services',
         CASE WHEN active_services < services_before THEN 0 WHEN active_services > services_before THEN 100 WHEN active_services > 0 THEN param('health.unchanged_score') END,
         CASE WHEN has_services THEN 'no service now or ' || CAST(param('health.service_window_days') AS BIGINT) || ' days ago' ELSE 'no source of services' END,
         counted(active_services, 'active service', 'active services') || ' now, ' || CAST(param('health.service_window_days') AS BIGINT) || ' days ago ' || services_before || '.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'review_attendance', ratio(reviews_held, reviews_planned), 'ratio', 100 * ratio(reviews_held, reviews_planned),
         CASE WHEN has_activity THEN 'no business review planned in ' || counted(param('health.review_window_months'), 'month', 'months') ELSE 'no activity source' END,
         reviews_held || ' of ' || counted(reviews_planned, 'planned business review', 'planned business reviews') || ' held with the customer.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'contact_recency', CASE WHEN was_contacted THEN days_without_contact END, 'days',
         CASE WHEN was_contacted OR days_without_contact >= param('health.recency_zero_days')
              THEN scale_100(days_without_contact, param('health.recency_zero_days'), param('health.recency_full_days')) END,
         CASE WHEN has_contact THEN 'no contact yet, and less than ' || counted(param('health.recency_zero_days'), 'day', 'days') || ' on record' ELSE 'no activity source' END,
         CASE WHEN was_contacted THEN 'Last two-way contact ' || counted(days_without_contact, 'day', 'days') || ' ago.' ELSE 'No two-way contact on record.' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'renewal_rate', ratio(renewed_36m, decided_36m), 'ratio', 100 * ratio(renewed_36m, decided_36m),
         CASE WHEN has_contracts THEN 'no contract ended in ' || counted(param('customer_360.renewal_window_months'), 'month', 'months') ELSE 'no contract source' END,
         renewed_36m || ' of ' || counted(decided_36m, 'ended contract', 'ended contracts') || ' renewed.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'nps_answer', nps_answer, 'points of 100', nps_answer,
         CASE WHEN has_surveys THEN 'no NPS answer in ' || counted(param('health.nps_window_months'), 'month', 'months') ELSE 'no survey source' END,
         format('{:.1f}', nps_answer / 10) || ' of 10 in ' || counted(nps_answers, 'NPS answer', 'NPS answers') || '.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'order_frequency', orders_12m, 'orders', scale_100(ratio(orders_12m, segment_orders_12m), 0, 1),
         CASE WHEN orders_12m IS NULL THEN 'no orders on record' ELSE 'the median customer of the segment does not order' END,
         counted(orders_12m, 'order', 'orders') || ' in 12 months; median of the segment ' || format('{:.1f}', segment_orders_12m) || '.'
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'order_growth', trend_12m, 'ratio',
         CASE WHEN trend_12m < 0 THEN param('health.unchanged_score') * scale_100(trend_12m, param('health.usage_zero_change'), 0) / 100
              ELSE param('health.unchanged_score') + (100 - param('health.unchanged_score')) * scale_100(trend_12m, 0, param('health.usage_full_change')) / 100 END,
         CASE WHEN orders_12m IS NULL THEN 'no orders on record' ELSE 'no orders in the 12 months before' END,
         CASE WHEN trend_12m < 0 THEN 'Orders of 12 months are ' || percent_text(-trend_12m) || ' below the 12 months before.'
              WHEN trend_12m > 0 THEN 'Orders of 12 months are ' || percent_text(trend_12m) || ' above the 12 months before.'
              ELSE 'As many orders in 12 months as in the 12 months before.' END
  FROM gold.score_inputs
  UNION ALL
  SELECT account_id, 'pipeline_cover', ratio(weighted_pipeline_usd, revenue_prior_ttm_usd), 'ratio',
         CASE WHEN revenue_prior_ttm_usd > 0 THEN scale_100(ratio(weighted_pipeline_usd, revenue_prior_ttm_usd), 0, 1 / param('health.pipeline_factor')) END,
         CASE WHEN NOT has_sales THEN 'no sales source' WHEN weighted_pipeline_usd IS NULL THEN 'no amount or exchange rate' ELSE 'no revenue in the 12 months before' END,
         usd_text(weighted_pipeline_usd) || ' of weighted pipeline against ' || usd_text(revenue_prior_ttm_usd) || ' of revenue in the 12 months before.'
  FROM gold.score_inputs
)
SELECT account_id, measure, CASE WHEN sub_score IS NOT NULL THEN raw_value END AS raw_value, unit, sub_score,
       CASE WHEN sub_score IS NULL THEN missing_reason END AS missing_reason,
       CASE WHEN sub_score IS NOT NULL THEN evidence END AS evidence
FROM measured
