-- grain: event of the customer journey
-- key: event_id
-- storage: partitioned
-- slices: event_type = SALES, RENEWAL, SUPPORT, BILLING, USAGE, ENGAGEMENT
--
-- Everything that happened with a customer, and what is planned, one row per thing, over the
-- whole history: SALES, RENEWAL, SUPPORT, BILLING, USAGE and ENGAGEMENT. customer_id is the
-- master account (NULL where the account is unknown). status: OPEN still needs somebody,
-- RESOLVED is over, SCHEDULED lies after the as-of date. related_amount is in USD. event_id is a
-- hash of what the event is and of the record it comes from, so every run gives it again.
-- What is said of a bill depends on the bill alone, not on the as-of date: amounts are at its own
-- rate and no days are counted. So its file is kept until something happens to it.
-- What lies after the as-of date is told as something to come; what is past keeps its words.
-- Calls, meetings, reviews and entries of a calendar are held, other activities are done.
-- known_at is when it could first be known. A record without the date of the event (an export
-- without CreatedDate, say) has no place on a timeline.
WITH sales AS (
  SELECT o.account_id, s.source_region, 'SALES' AS event_type, 'opportunity_created' AS event_subtype,
         CASE WHEN o.created_at >= as_of_end() THEN 'Opportunity to be created: ' ELSE 'Opportunity created: ' END || coalesce(o.opportunity_name, o.opportunity_id) AS event_title,
         with_article(coalesce(lower(o.opportunity_type) || ' ', '') || 'opportunity') || ' of ' || money_text(o.deal_value_usd, o.deal_value, o.currency_iso_code)
           || CASE WHEN o.created_at >= as_of_end() THEN ' is to be created on ' || day_of(o.created_at) ELSE ' was created' END
           || coalesce(' from ' || o.lead_source, '') || '; it is now in stage ' || coalesce(o.stage_name, 'unknown') || '.' AS event_description,
         o.created_at AS event_date, 'INFO' AS severity, o.deal_value_usd AS related_amount,
         CASE WHEN o.is_closed THEN 'RESOLVED' ELSE 'OPEN' END AS status, 'opportunity' AS source_object, o.opportunity_id AS source_id, o.owner_id AS actor_id,
         least(s.known_at, greatest(o.created_at, s.created_at)) AS known_at
  FROM gold.opportunities o JOIN silver.opportunity s ON s.opportunity_id = o.opportunity_id
  UNION ALL
  SELECT o.account_id, s.source_region, 'SALES', CASE WHEN o.is_won THEN 'opportunity_won' ELSE 'opportunity_lost' END,
         CASE WHEN o.is_won THEN 'Won: ' ELSE 'Lost: ' END || coalesce(o.opportunity_name, o.opportunity_id),
         'The opportunity of ' || money_text(o.deal_value_usd, o.deal_value, o.currency_iso_code) || CASE WHEN o.is_won THEN ' was won' ELSE ' was lost' END
           || coalesce(' after ' || counted(o.sales_cycle_days, 'day', 'days'), '')
           || CASE WHEN NOT o.is_won THEN coalesce(', reason: ' || o.loss_reason, '') || coalesce(', to ' || o.primary_competitor, '') ELSE '' END || '.',
         coalesce(o.closed_at, day_start(o.close_date)), CASE WHEN o.is_won THEN 'INFO' ELSE 'MEDIUM' END, o.deal_value_usd, 'RESOLVED',
         'opportunity', o.opportunity_id, o.owner_id, greatest(coalesce(o.closed_at, s.known_at), coalesce(o.closed_at, day_start(o.close_date)))
  FROM gold.opportunities o JOIN silver.opportunity s ON s.opportunity_id = o.opportunity_id
  WHERE o.is_closed AND coalesce(o.closed_at, day_start(o.close_date)) < as_of_end()
  UNION ALL
  SELECT o.account_id, h.source_region, 'SALES', 'stage_changed', 'Stage ' || h.stage_name || ': ' || coalesce(o.opportunity_name, o.opportunity_id),
         'The opportunity moved from ' || h.previous_stage || ' to ' || h.stage_name
           || CASE WHEN coalesce(h.amount_usd, h.amount) IS NOT NULL THEN ' at ' || money_text(h.amount_usd, h.amount, h.currency_iso_code) ELSE '' END || '.',
         h.changed_at, 'INFO', h.amount_usd, 'RESOLVED', 'opportunity_history', h.opportunity_history_id, h.changed_by, h.known_at
  FROM (SELECT *, lag(stage_name) OVER (PARTITION BY opportunity_id ORDER BY changed_at, opportunity_history_id) AS previous_stage
        FROM silver.opportunity_history WHERE stage_name IS NOT NULL AND changed_at < as_of_end()) h
  JOIN gold.opportunities o ON o.opportunity_id = h.opportunity_id
  WHERE h.previous_stage <> h.stage_name AND h.changed_at IS DISTINCT FROM o.closed_at
  UNION ALL
  SELECT account_id, source_region, 'SALES', 'order_placed', 'Order ' || coalesce(order_number, order_id),
         with_article(coalesce(lower(order_type) || ' ', '') || 'order') || ' of ' || money_text(amount_usd, amount, currency_iso_code)
           || CASE WHEN effective_date > as_of() THEN ' takes effect on ' || effective_date ELSE ' was placed' END
           || coalesce('; its status is ' || status, '') || '.',
         day_start(effective_date), 'INFO', amount_usd,
         CASE WHEN effective_date > as_of() THEN 'SCHEDULED' WHEN completed_at < as_of_end() OR lower(status) IN ('completed', 'cancelled', 'canceled', 'activated') THEN 'RESOLVED' ELSE 'OPEN' END,
         'order', order_id, NULL, known_at
  FROM silver."order" WHERE effective_date IS NOT NULL
), contract_event AS (
  SELECT c.*, s.known_at, s.source_region, s.termination_reason, s.total_value, s.currency_iso_code, coalesce(c.contract_number, c.contract_id) AS label
  FROM gold.contracts c JOIN silver.contract s ON s.contract_id = c.contract_id WHERE c.renewal_outcome IS NOT NULL
), renewal AS (
  SELECT account_id, source_region, 'RENEWAL' AS event_type, 'contract_started' AS event_subtype,
         'Contract ' || label || CASE WHEN start_date > as_of() THEN ' starts' ELSE ' started' END AS event_title,
         'A contract' || coalesce(' of ' || term_months || ' months', '')
           || CASE WHEN coalesce(total_value_usd, total_value) IS NOT NULL THEN ' worth ' || money_text(total_value_usd, total_value, currency_iso_code) ELSE '' END
           || CASE WHEN start_date > as_of() THEN ' starts' ELSE ' started' END || coalesce('; it runs until ' || end_date, '') || '.' AS event_description,
         day_start(start_date) AS event_date, 'INFO' AS severity, total_value_usd AS related_amount,
         CASE WHEN start_date > as_of() THEN 'SCHEDULED' ELSE 'RESOLVED' END AS status, 'contract' AS source_object, contract_id AS source_id, owner_id AS actor_id, known_at
  FROM contract_event WHERE start_date IS NOT NULL
  UNION ALL
  SELECT account_id, source_region, 'RENEWAL',
         CASE WHEN terminated_on = effective_end AND terminated_on <= as_of() THEN 'contract_terminated' WHEN renewal_outcome = 'renewed' THEN 'contract_renewed'
              WHEN renewal_outcome = 'lost' THEN 'contract_lost' WHEN renewal_outcome = 'pending' THEN 'contract_ended' ELSE 'renewal_due' END,
         'Contract ' || label || CASE WHEN terminated_on = effective_end AND terminated_on <= as_of() THEN ' terminated'
              WHEN renewal_outcome = 'renewed' AND event_at >= as_of_end() THEN ' to be renewed'
              WHEN renewal_outcome = 'renewed' THEN ' renewed'
              WHEN renewal_outcome = 'lost' THEN ' not renewed' WHEN renewal_outcome = 'pending' THEN ' ended' ELSE ' due for renewal' END,
         CASE WHEN terminated_on = effective_end AND terminated_on <= as_of()
                THEN 'The contract was terminated on ' || terminated_on || coalesce(', reason: ' || termination_reason, '') || CASE WHEN renewal_outcome = 'renewed' THEN '; the service goes on.' ELSE '.' END
              WHEN renewal_outcome = 'renewed' THEN 'The contract' || coalesce(' ending ' || effective_end, '')
                   || CASE WHEN event_at >= as_of_end() THEN ' is renewed from ' || day_of(event_at) ELSE ' was renewed' END || '.'
              WHEN renewal_outcome = 'lost' THEN 'The contract ended on ' || effective_end || ' and was not renewed.'
              WHEN renewal_outcome = 'pending' THEN 'The contract ended on ' || effective_end || '; whether it is renewed is not yet known.'
              ELSE 'The contract ends on ' || effective_end
                   || CASE WHEN renewal_opportunity_id IS NULL THEN '; no renewal opportunity exists.' ELSE '; a renewal opportunity is open.' END END,
         event_at,
         CASE WHEN renewal_outcome = 'renewed' THEN 'INFO' WHEN renewal_outcome = 'lost' OR terminated_on <= as_of() THEN 'HIGH' WHEN renewal_outcome = 'pending' THEN 'HIGH'
              WHEN days_to_expiry <= param('timeline.renewal_high_days') THEN 'HIGH' WHEN days_to_expiry <= param('timeline.renewal_medium_days') THEN 'MEDIUM' ELSE 'LOW' END,
         coalesce(12 * mrr_usd, total_value_usd),
         CASE WHEN renewal_outcome IN ('renewed', 'lost') THEN 'RESOLVED' WHEN renewal_outcome = 'pending' THEN 'OPEN' ELSE 'SCHEDULED' END,
         'contract', contract_id, owner_id,
         greatest(known_at, CASE WHEN renewal_outcome = 'open' THEN known_at WHEN renewal_outcome = 'pending' OR terminated_on = effective_end THEN day_start(effective_end) ELSE outcome_known_at END)
  FROM (SELECT *, CASE WHEN renewal_outcome = 'renewed' AND terminated_on IS DISTINCT FROM effective_end THEN outcome_known_at ELSE day_start(effective_end) END AS event_at
        FROM contract_event WHERE effective_end IS NOT NULL)
  UNION ALL
  SELECT v.account_id, a.source_region, 'RENEWAL', 'service_activated',
         CASE WHEN v.activated_on > as_of() THEN 'Service to be activated: ' ELSE 'Service activated: ' END || coalesce(v.product_name, v.product_family),
         coalesce(v.product_name, v.product_family) || CASE WHEN v.activated_on > as_of() THEN ' is to be activated.' ELSE ' was activated.' END,
         day_start(v.activated_on), 'INFO', NULL, CASE WHEN v.activated_on > as_of() THEN 'SCHEDULED' ELSE 'RESOLVED' END, 'asset', v.asset_id, NULL, a.known_at
  FROM gold.services v JOIN silver.asset a ON a.asset_id = v.asset_id WHERE v.activated_on IS NOT NULL
  UNION ALL
  SELECT v.account_id, a.source_region, 'RENEWAL', 'service_ended', 'Service ended: ' || coalesce(v.product_name, v.product_family),
         coalesce(v.product_name, v.product_family) || ' ended' || coalesce(', reason: ' || a.cancel_reason, '') || '.',
         day_start(v.ended_on), 'MEDIUM', NULL, 'RESOLVED', 'asset', v.asset_id, NULL, greatest(a.known_at, day_start(v.ended_on))
  FROM gold.services v JOIN silver.asset a ON a.asset_id = v.asset_id WHERE v.ended_on IS NOT NULL
), case_event AS (
  SELECT c.*, s.source_region, s.known_at, s.subject, coalesce(c.case_number, c.case_id) AS label FROM gold.support_cases c JOIN silver.support_case s ON s.case_id = c.case_id
), support AS (
  SELECT account_id, source_region, 'SUPPORT' AS event_type, 'case_opened' AS event_subtype, 'Case ' || label || ' opened' || coalesce(': ' || subject, '') AS event_title,
         with_article(coalesce(lower(priority) || ' priority ', '') || coalesce(lower(case_type), 'support case')) || ' was opened, reason: ' || reason
           || CASE WHEN repeat_of_case_id IS NOT NULL THEN '; the same problem was closed before.' ELSE '.' END AS event_description,
         created_at AS event_date, CASE severity WHEN 1 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' WHEN 3 THEN 'LOW' ELSE 'INFO' END AS severity, CAST(NULL AS DECIMAL(18,2)) AS related_amount,
         CASE WHEN is_open THEN 'OPEN' ELSE 'RESOLVED' END AS status, 'support_case' AS source_object, case_id AS source_id, owner_id AS actor_id, least(known_at, created_at) AS known_at
  FROM case_event WHERE created_at IS NOT NULL
  UNION ALL
  SELECT c.account_id, c.source_region, 'SUPPORT', 'case_escalated', 'Case ' || c.label || ' escalated', 'The case' || coalesce(' "' || c.subject || '"', '') || ' was escalated.',
         e.escalated_at, 'HIGH', NULL, CASE WHEN c.is_open THEN 'OPEN' ELSE 'RESOLVED' END,
         CASE WHEN e.case_history_id IS NULL THEN 'support_case' ELSE 'case_history' END, e.escalation_id, e.actor_id, e.escalated_at
  FROM gold.case_escalations e JOIN case_event c ON c.case_id = e.case_id
  UNION ALL
  SELECT account_id, source_region, 'SUPPORT', 'case_resolved', 'Case ' || label || ' resolved',
         'The case was closed' || coalesce(' after ' || format('{:.1f}', resolution_hours) || ' hours', '')
           || CASE WHEN resolved_within_target THEN ', within its target.' WHEN NOT resolved_within_target THEN ', after its target.' ELSE '.' END,
         closed_at, 'INFO', NULL, 'RESOLVED', 'support_case', case_id, owner_id, closed_at
  FROM case_event WHERE closed_at IS NOT NULL
  UNION ALL
  SELECT c.account_id, c.source_region, 'SUPPORT', 'case_reopened', 'Case ' || c.label || ' reopened', 'The case was opened again, from ' || h.old_value || ' to ' || h.new_value || '.',
         h.changed_at, 'MEDIUM', NULL, CASE WHEN c.is_open THEN 'OPEN' ELSE 'RESOLVED' END, 'case_history', h.case_history_id, h.changed_by, h.known_at
  FROM silver.case_history h JOIN case_event c ON c.case_id = h.case_id
  WHERE lower(h.field_name) = 'status' AND h.changed_at < as_of_end() AND list_contains(param_list('cases.closed_statuses'), lower(h.old_value))
    AND NOT list_contains(param_list('cases.closed_statuses'), lower(h.new_value))
  UNION ALL
  SELECT c.account_id, c.source_region, 'SUPPORT', 'sla_breached', 'Case ' || c.label || ' missed its target: ' || coalesce(m.milestone_name, 'milestone'),
         'The target of ' || coalesce(m.milestone_name, 'a milestone') || ' was ' || strftime(m.target_at, '%Y-%m-%d %H:%M')
           || CASE WHEN m.completed_at IS NOT NULL THEN '; it was done at ' || strftime(m.completed_at, '%Y-%m-%d %H:%M') || '.'
                   WHEN NOT c.is_open THEN '; the case was closed without it.' ELSE '; it is not done yet.' END,
         m.target_at, 'HIGH', NULL, CASE WHEN m.completed_at IS NOT NULL OR NOT c.is_open THEN 'RESOLVED' ELSE 'OPEN' END, 'case_milestone', m.case_milestone_id, c.owner_id,
         greatest(m.target_at, least(s.known_at, coalesce(m.completed_at, s.known_at)))
  FROM gold.case_milestones m
  JOIN case_event c ON c.case_id = m.case_id
  JOIN silver.case_milestone s ON s.case_milestone_id = m.case_milestone_id
  WHERE m.outcome = 'violated'
), invoice_event AS (
  SELECT i.*, s.source_region, s.known_at, coalesce(i.invoice_number, i.invoice_id) AS label FROM gold.invoices i JOIN silver.invoice s ON s.invoice_id = i.invoice_id
), billing AS (
  SELECT account_id, source_region, 'BILLING' AS event_type, 'invoice_issued' AS event_subtype, 'Invoice ' || label AS event_title,
         'An invoice of ' || money_text(total_usd, total_amount, currency_iso_code) || ' was issued, due ' || coalesce(CAST(due_date AS VARCHAR), 'at once')
           || CASE WHEN NOT is_receivable THEN '; it was cancelled or replaced.' WHEN fully_paid_on IS NOT NULL THEN '; it was paid on ' || fully_paid_on || '.' ELSE '; it is not fully paid.' END AS event_description,
         day_start(invoice_date) AS event_date, 'INFO' AS severity, total_usd AS related_amount,
         CASE WHEN is_receivable AND outstanding_amount > 0 AND fully_paid_on IS NULL THEN 'OPEN' ELSE 'RESOLVED' END AS status, 'invoice' AS source_object, invoice_id AS source_id, CAST(NULL AS VARCHAR) AS actor_id, known_at
  FROM invoice_event WHERE invoice_date IS NOT NULL
  UNION ALL
  SELECT account_id, source_region, 'BILLING', 'invoice_overdue', 'Invoice ' || label || ' overdue',
         'The invoice was not paid by ' || due_date || CASE WHEN is_overdue THEN '; ' || money_text(usd(outstanding_amount, fx_rate), outstanding_amount, currency_iso_code) || ' is still open.'
           ELSE coalesce('; it was paid on ' || fully_paid_on, '; it has been settled since') || '.' END,
         day_start(due_date + 1), CASE WHEN days_overdue > param('ar.high_overdue_days') THEN 'HIGH' WHEN days_overdue > param('ar.medium_overdue_days') THEN 'MEDIUM' ELSE 'LOW' END,
         CASE WHEN is_overdue THEN usd(outstanding_amount, fx_rate) ELSE total_usd END, CASE WHEN is_overdue THEN 'OPEN' ELSE 'RESOLVED' END, 'invoice', invoice_id, NULL, greatest(known_at, day_start(due_date + 1))
  FROM invoice_event WHERE is_receivable AND due_date < as_of() AND NOT is_paid_by_due
  UNION ALL
  SELECT i.account_id, i.source_region, 'BILLING', 'invoice_cancelled', 'Invoice ' || i.label || ' cancelled',
         'The invoice of ' || money_text(i.total_usd, i.total_amount, i.currency_iso_code) || ' was cancelled'
           || coalesce(' and replaced by ' || coalesce(r.invoice_number, s.rebilled_by_invoice_id), '') || '.',
         day_start(s.cancelled_on), 'LOW', i.total_usd, 'RESOLVED', 'invoice', i.invoice_id, NULL, greatest(i.known_at, day_start(s.cancelled_on))
  FROM invoice_event i
  JOIN silver.invoice s ON s.invoice_id = i.invoice_id
  LEFT JOIN silver.invoice r ON r.invoice_id = s.rebilled_by_invoice_id
  WHERE s.cancelled_on <= as_of()
  UNION ALL
  SELECT coalesce(i.account_id, b.account_id), p.source_region, 'BILLING',
         CASE WHEN list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)) THEN 'payment_reversed' ELSE 'payment_received' END,
         CASE WHEN list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)) THEN 'Payment reversed' ELSE 'Payment received' END || coalesce(' for invoice ' || i.label, ''),
         'A payment of ' || money_text(p.applied_amount_usd, p.applied_amount, p.currency_iso_code) || coalesce(' by ' || p.payment_method, '')
           || CASE WHEN list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)) THEN ' did not go through.' WHEN i.invoice_id IS NULL THEN ' was received on account.' ELSE ' was received.' END,
         day_start(p.applied_on), CASE WHEN list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)) THEN 'MEDIUM' ELSE 'INFO' END, p.applied_amount_usd, 'RESOLVED',
         'payment', p.payment_id || '/' || p.invoice_id, NULL, p.known_at
  FROM silver.payment p
  LEFT JOIN invoice_event i ON i.invoice_id = p.invoice_id
  LEFT JOIN silver.billing_account b ON b.billing_account_id = p.billing_account_id
  WHERE p.applied_on <= as_of()
  UNION ALL
  SELECT coalesce(i.account_id, c.account_id), c.source_region, 'BILLING', 'credit_issued', 'Credit issued' || coalesce(' for invoice ' || i.label, ''),
         'A credit of ' || money_text(c.amount_usd, c.amount, c.currency_iso_code) || ' was issued' || coalesce(', reason: ' || c.reason, '') || '.',
         day_start(coalesce(c.issued_on, c.applied_on)), CASE WHEN c.is_billing_error THEN 'MEDIUM' ELSE 'LOW' END, c.amount_usd, 'RESOLVED', 'credit_memo', c.credit_memo_id || '/' || c.invoice_id, NULL, c.known_at
  FROM silver.credit_memo c LEFT JOIN invoice_event i ON i.invoice_id = c.invoice_id WHERE coalesce(c.issued_on, c.applied_on) <= as_of()
  UNION ALL
  SELECT coalesce(i.account_id, d.account_id), d.source_region, 'BILLING', 'dispute_opened', 'Invoice disputed' || coalesce(': ' || i.label, ''),
         money_text(d.disputed_amount_usd, d.disputed_amount, d.currency_iso_code) || ' of the invoice is disputed' || coalesce(', reason: ' || d.reason, '') || '.',
         day_start(d.opened_on), 'MEDIUM', d.disputed_amount_usd, CASE WHEN d.resolved_on <= as_of() THEN 'RESOLVED' ELSE 'OPEN' END, 'billing_dispute', d.dispute_id, NULL, least(d.known_at, day_start(d.opened_on))
  FROM silver.billing_dispute d LEFT JOIN invoice_event i ON i.invoice_id = d.invoice_id WHERE d.opened_on <= as_of()
  UNION ALL
  SELECT coalesce(i.account_id, d.account_id), d.source_region, 'BILLING', 'dispute_resolved', 'Dispute resolved' || coalesce(': ' || i.label, ''),
         'The dispute of ' || money_text(d.disputed_amount_usd, d.disputed_amount, d.currency_iso_code) || ' was resolved' || coalesce(': ' || lower(d.outcome), '') || '.',
         day_start(d.resolved_on), 'INFO', d.disputed_amount_usd, 'RESOLVED', 'billing_dispute', d.dispute_id, NULL, greatest(d.known_at, day_start(d.resolved_on))
  FROM silver.billing_dispute d LEFT JOIN invoice_event i ON i.invoice_id = d.invoice_id WHERE d.resolved_on <= as_of()
  UNION ALL
  SELECT account_id, source_region, 'BILLING', 'credit_hold', 'Credit hold', 'New orders are on hold since ' || credit_hold_from || coalesce(', until ' || credit_hold_to, '') || '.',
         day_start(credit_hold_from), 'HIGH', NULL, CASE WHEN credit_hold_to <= as_of() THEN 'RESOLVED' ELSE 'OPEN' END, 'billing_account', billing_account_id, NULL, greatest(known_at, day_start(credit_hold_from))
  FROM silver.billing_account WHERE credit_hold_from <= as_of()
  UNION ALL
  SELECT coalesce(p.account_id, a.account_id), p.source_region, 'BILLING', 'price_changed', 'Price change',
         'The price' || coalesce(' of ' || r.product_name, '') || CASE WHEN p.effective_date > as_of() THEN ' is to change from ' ELSE ' changed from ' END
           || CAST(CAST(p.old_price AS DECIMAL(18,2)) AS VARCHAR) || ' to ' || CAST(CAST(p.new_price AS DECIMAL(18,2)) AS VARCHAR) || coalesce(' ' || p.currency_iso_code, '') || '.',
         day_start(p.effective_date), CASE WHEN p.new_price > p.old_price THEN 'LOW' ELSE 'INFO' END, usd(p.new_price - p.old_price, p.fx_rate),
         CASE WHEN p.effective_date > as_of() THEN 'SCHEDULED' ELSE 'RESOLVED' END, 'price_change', p.price_change_id, NULL, p.known_at
  FROM silver.price_change p LEFT JOIN silver.asset a ON a.asset_id = p.asset_id LEFT JOIN silver.product r ON r.product_id = coalesce(p.product_id, a.product_id)
  WHERE p.effective_date IS NOT NULL AND p.old_price IS NOT NULL AND p.new_price IS NOT NULL AND coalesce(p.account_id, a.account_id) IS NOT NULL
), usage AS (
  SELECT account_id, CAST(NULL AS VARCHAR) AS source_region, 'USAGE' AS event_type, 'usage_' || event_kind AS event_subtype,
         CASE event_kind WHEN 'spike' THEN 'Usage spike: ' WHEN 'breach' THEN 'Allowance used up: ' WHEN 'decline' THEN 'Usage falling: ' ELSE 'Usage growing: ' END || usage_type AS event_title,
         CASE event_kind
           WHEN 'spike' THEN 'In the week from ' || period_start || ' the use of ' || usage_type || ' was ' || percent_text(change) || ' above the four weeks before.'
           WHEN 'breach' THEN 'The monthly allowance of ' || format('{:,.0f}', baseline) || ' ' || coalesce(unit_of_measure, 'units') || ' of ' || usage_type || ' was passed.'
           ELSE 'In ' || strftime(period_start, '%B %Y') || ' the use of ' || usage_type || ' was ' || percent_text(abs(change)) || CASE event_kind WHEN 'decline' THEN ' below' ELSE ' above' END || ' the three months before.' END AS event_description,
         day_start(event_day) AS event_date, CASE event_kind WHEN 'decline' THEN 'HIGH' WHEN 'growth' THEN 'INFO' ELSE 'MEDIUM' END AS severity,
         CAST(NULL AS DECIMAL(18,2)) AS related_amount, 'RESOLVED' AS status, 'usage_daily' AS source_object, usage_event_id AS source_id, CAST(NULL AS VARCHAR) AS actor_id, known_at
  FROM gold.usage_events
), engagement AS (
  SELECT account_id, source_region, 'ENGAGEMENT' AS event_type,
         CASE WHEN upper(activity_subtype) = 'QBR' OR upper(activity_type) = 'QBR' THEN 'qbr' ELSE replace(lower(coalesce(activity_subtype, activity_type, 'activity')), ' ', '_') END AS event_subtype,
         CASE WHEN starts_with(lower(subject), lower(coalesce(activity_subtype, activity_type, 'Activity'))) THEN subject
              ELSE coalesce(activity_subtype, activity_type, 'Activity') || coalesce(': ' || subject, '') END AS event_title,
         CASE WHEN coalesce(completed_at, planned_at) >= as_of_end() THEN 'Planned for ' || strftime(coalesce(planned_at, completed_at), '%Y-%m-%d')
              WHEN was_held AND is_meeting THEN 'Held' || CASE WHEN customer_attended THEN ' with the customer' WHEN NOT customer_attended THEN ' without the customer' ELSE '' END
              WHEN NOT was_held THEN CASE WHEN is_meeting THEN 'Not held' ELSE 'Not done' END
              WHEN was_held OR is_closed THEN 'Done' ELSE 'Not done yet' END || coalesce(' (' || status || ')', '') || '.' AS event_description,
         coalesce(completed_at, planned_at) AS event_date, 'INFO' AS severity, CAST(NULL AS DECIMAL(18,2)) AS related_amount,
         CASE WHEN coalesce(completed_at, planned_at) >= as_of_end() THEN 'SCHEDULED' WHEN is_closed OR completed_at IS NOT NULL OR was_held IS NOT NULL THEN 'RESOLVED' ELSE 'OPEN' END AS status,
         'activity' AS source_object, activity_id AS source_id, owner_id AS actor_id, known_at
  FROM (SELECT *, has_item(param_list('contacts.two_way_types'), activity_type) OR has_item(param_list('contacts.two_way_types'), activity_subtype)
               OR coalesce('event' IN (lower(activity_type), lower(activity_subtype)), false) AS is_meeting
        FROM silver.activity WHERE coalesce(completed_at, planned_at) IS NOT NULL)
  UNION ALL
  SELECT account_id, source_region, 'ENGAGEMENT', lower(coalesce(channel, 'message')) || coalesce('_' || lower(direction), ''),
         CASE lower(direction) WHEN 'inbound' THEN 'Received: ' WHEN 'outbound' THEN 'Sent: ' ELSE '' END || coalesce(subject, replace(channel, '_', ' '), 'message'),
         'A' || CASE WHEN lower(coalesce(channel, 'message')) SIMILAR TO '[aeiou].*' THEN 'n ' ELSE ' ' END || lower(replace(coalesce(channel, 'message'), '_', ' '))
           || CASE lower(direction) WHEN 'inbound' THEN ' came from the customer' WHEN 'outbound' THEN ' went to the customer' ELSE ' was recorded' END || '.',
         sent_at, 'INFO', NULL, 'RESOLVED', 'communication', communication_id, user_id, known_at
  FROM silver.communication c
  WHERE sent_at < as_of_end() AND NOT EXISTS (SELECT 1 FROM silver.activity a WHERE a.activity_id = c.communication_id)
  UNION ALL
  SELECT account_id, source_region, 'ENGAGEMENT', 'survey_answered', coalesce(survey_type, 'Survey') || ' answer: ' || format('{:g}', score),
         'The customer gave ' || format('{:g}', score) || coalesce(' of ' || format('{:g}', scale_max), '') || '.',
         responded_at, CASE WHEN (score - scale_min) / nullif(scale_max - scale_min, 0) <= param('timeline.low_answer_share') THEN 'MEDIUM' ELSE 'INFO' END, NULL, 'RESOLVED', 'survey_response', survey_response_id, end_user_id, known_at
  FROM silver.survey_response WHERE responded_at < as_of_end() AND score IS NOT NULL
), event AS (
  SELECT * FROM sales UNION ALL SELECT * FROM renewal UNION ALL SELECT * FROM support UNION ALL SELECT * FROM billing UNION ALL SELECT * FROM usage UNION ALL SELECT * FROM engagement
)
SELECT row_id([e.event_type, e.event_subtype, e.source_object, e.source_id]) AS event_id,
       a.master_account_id AS customer_id,
       coalesce(a.account_id, CASE WHEN e.account_id LIKE 'UNASSIGNED-%' THEN e.account_id ELSE unassigned(e.source_region) END) AS account_id,
       e.event_type, e.event_subtype, e.event_title, e.event_description, e.event_date, e.severity, e.related_amount,
       CASE WHEN e.event_date >= as_of_end() THEN 'SCHEDULED' WHEN e.status = 'SCHEDULED' THEN 'OPEN' ELSE e.status END AS status,
       e.source_object, e.source_id, e.actor_id, e.known_at
FROM event e LEFT JOIN gold.account_members a ON a.account_id = e.account_id
WHERE e.event_date IS NOT NULL
