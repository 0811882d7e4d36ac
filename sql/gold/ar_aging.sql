-- grain: account x as-of date
-- key: as_of_date, account_id
-- storage: state
--
-- What an account owes and how it pays. One row per account that a billing system knows;
-- an account without a row has no billing source (not a debt of 0). Buckets sum to
-- outstanding_usd and hold only what is owed: overpayments, payments and credits not
-- applied to an invoice, and cash paid on cancelled invoices are in unapplied_usd and
-- not netted. Disputed amounts are inside the buckets and shown apart in disputed_usd.
-- outstanding_usd is NULL where nothing of what is owed has a rate, overdue_usd where nothing of what is late has one.
--
-- on_time_rate_12m: undisputed invoices due in (as-of - 365, as-of - 1], paid or credited
-- in full by their due date; NULL below ar.min_invoices. dso_days: outstanding / invoiced
-- gross in 365 days x 365. payment_risk: HIGH overdue for more than ar.high_overdue_days
-- or on credit hold, MEDIUM above ar.medium_overdue_days or utilization at the limit.
WITH billing AS (
  SELECT coalesce(a.account_id, unassigned(b.source_region)) AS account_id, b.billing_account_id, b.credit_limit, b.currency_iso_code,
         coalesce(b.credit_hold_from <= as_of() AND (b.credit_hold_to IS NULL OR b.credit_hold_to > as_of()), false) AS is_on_hold, b.source_region
  FROM silver.billing_account b LEFT JOIN gold.account_members a ON a.account_id = b.account_id
), credit AS (
  SELECT b.account_id, sum(usd(b.credit_limit, r.units_per_usd)) AS credit_limit_usd, bool_or(b.is_on_hold) AS is_credit_hold
  FROM billing b LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = b.currency_iso_code
  GROUP BY b.account_id
), debt AS (
  SELECT account_id,
         coalesce(sum(outstanding_usd) FILTER (WHERE outstanding_amount > 0 AND NOT is_overdue), 0) AS current_usd,
         coalesce(sum(outstanding_usd) FILTER (WHERE is_overdue AND days_overdue <= 30), 0) AS overdue_1_30_usd,
         coalesce(sum(outstanding_usd) FILTER (WHERE is_overdue AND days_overdue BETWEEN 31 AND 60), 0) AS overdue_31_60_usd,
         coalesce(sum(outstanding_usd) FILTER (WHERE is_overdue AND days_overdue BETWEEN 61 AND 90), 0) AS overdue_61_90_usd,
         coalesce(sum(outstanding_usd) FILTER (WHERE is_overdue AND days_overdue > 90), 0) AS overdue_90_plus_usd,
         coalesce(sum(disputed_usd), 0) AS disputed_usd,
         coalesce(sum(outstanding_usd - disputed_usd) FILTER (WHERE is_overdue), 0) AS undisputed_overdue_usd,
         coalesce(max(days_overdue), 0) AS max_days_overdue,
         coalesce(max(days_overdue) FILTER (WHERE outstanding_amount > disputed_amount), 0) AS undisputed_max_days_overdue,
         coalesce(sum(-outstanding_usd) FILTER (WHERE outstanding_amount < 0), 0) AS overpaid_usd,
         coalesce(sum(total_usd) FILTER (WHERE is_receivable AND invoice_date > as_of() - 365), 0) AS invoiced_365d_usd,
         count(*) FILTER (WHERE is_receivable AND NOT was_disputed AND due_date BETWEEN as_of() - 365 AND as_of() - 1) AS invoices_due_12m,
         count(*) FILTER (WHERE is_receivable AND NOT was_disputed AND due_date BETWEEN as_of() - 365 AND as_of() - 1 AND is_paid_by_due) AS invoices_on_time_12m,
         count(*) FILTER (WHERE outstanding_amount <> 0 AND outstanding_usd IS NULL) AS fx_missing_count,
         bool_or(outstanding_amount > 0 AND outstanding_usd IS NULL) AND NOT bool_or(coalesce(outstanding_usd > 0, false)) AS is_unknown,
         bool_or(is_overdue AND outstanding_amount > 0 AND outstanding_usd IS NULL) AND NOT bool_or(coalesce(is_overdue AND outstanding_usd > 0, false)) AS is_overdue_unknown
  FROM gold.invoices GROUP BY account_id
), loose AS (
  SELECT coalesce(b.account_id, unassigned(p.source_region)) AS account_id, p.currency_iso_code, p.applied_amount AS amount
  FROM silver.payment p
  LEFT JOIN billing b ON b.billing_account_id = p.billing_account_id
  LEFT JOIN gold.invoices i ON i.invoice_id = p.invoice_id
  WHERE p.applied_on <= as_of() AND (i.invoice_id IS NULL OR NOT i.is_receivable)
    AND NOT coalesce(list_contains(param_list('invoices.void_payment_statuses'), lower(p.status)), false)
  UNION ALL
  SELECT coalesce(a.account_id, unassigned(c.source_region)), c.currency_iso_code, c.amount
  FROM silver.credit_memo c
  LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  LEFT JOIN gold.invoices i ON i.invoice_id = c.invoice_id
  WHERE c.issued_on <= as_of() AND (i.invoice_id IS NULL OR c.applied_on IS NULL OR c.applied_on > as_of())
), unapplied AS (
  SELECT l.account_id, sum(usd(l.amount, r.units_per_usd)) AS unapplied_usd, count(*) FILTER (WHERE r.units_per_usd IS NULL) AS fx_missing_count
  FROM (SELECT account_id, currency_iso_code, sum(amount) AS amount FROM loose GROUP BY account_id, currency_iso_code) l
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = l.currency_iso_code
  GROUP BY l.account_id
), known AS (
  SELECT account_id FROM billing UNION SELECT account_id FROM debt UNION SELECT account_id FROM unapplied
), measured AS (
  SELECT k.account_id, c.credit_limit_usd, coalesce(c.is_credit_hold, false) AS is_credit_hold,
         coalesce(d.current_usd, 0) AS current_usd, coalesce(d.overdue_1_30_usd, 0) AS overdue_1_30_usd, coalesce(d.overdue_31_60_usd, 0) AS overdue_31_60_usd,
         coalesce(d.overdue_61_90_usd, 0) AS overdue_61_90_usd, coalesce(d.overdue_90_plus_usd, 0) AS overdue_90_plus_usd,
         coalesce(d.disputed_usd, 0) AS disputed_usd, coalesce(d.undisputed_overdue_usd, 0) AS undisputed_overdue_usd,
         coalesce(d.max_days_overdue, 0) AS max_days_overdue, coalesce(d.undisputed_max_days_overdue, 0) AS undisputed_max_days_overdue,
         coalesce(d.invoiced_365d_usd, 0) AS invoiced_365d_usd, coalesce(d.invoices_due_12m, 0) AS invoices_due_12m, coalesce(d.invoices_on_time_12m, 0) AS invoices_on_time_12m,
         coalesce(u.unapplied_usd, 0) + coalesce(d.overpaid_usd, 0) AS unapplied_usd,
         coalesce(d.fx_missing_count, 0) + coalesce(u.fx_missing_count, 0) AS fx_missing_count, coalesce(d.is_unknown, false) AS is_unknown,
         coalesce(d.is_overdue_unknown, false) AS is_overdue_unknown
  FROM known k
  LEFT JOIN credit c ON c.account_id = k.account_id
  LEFT JOIN debt d ON d.account_id = k.account_id
  LEFT JOIN unapplied u ON u.account_id = k.account_id
), summed AS (
  SELECT *, CASE WHEN NOT is_unknown AND NOT is_overdue_unknown THEN overdue_1_30_usd + overdue_31_60_usd + overdue_61_90_usd + overdue_90_plus_usd END AS overdue_usd,
         CASE WHEN NOT is_unknown THEN current_usd + overdue_1_30_usd + overdue_31_60_usd + overdue_61_90_usd + overdue_90_plus_usd END AS outstanding_usd
  FROM measured
), rated AS (
  SELECT *, CAST(outstanding_usd AS DOUBLE) / nullif(CAST(credit_limit_usd AS DOUBLE), 0) AS credit_utilization FROM summed
)
SELECT as_of() AS as_of_date, s.account_id, a.master_account_id, coalesce(a.segment, 'UNKNOWN') AS segment, coalesce(a.region, 'UNKNOWN') AS region,
       a.owner_id, a.owner_name,
       s.current_usd, s.overdue_1_30_usd, s.overdue_31_60_usd, s.overdue_61_90_usd, s.overdue_90_plus_usd, s.outstanding_usd, s.overdue_usd,
       s.disputed_usd, s.undisputed_overdue_usd, s.max_days_overdue, s.undisputed_max_days_overdue,
       CASE WHEN s.invoices_due_12m >= param('ar.min_invoices') THEN CAST(s.invoices_on_time_12m AS DOUBLE) / s.invoices_due_12m END AS on_time_rate_12m,
       s.invoices_due_12m, s.invoices_on_time_12m,
       CASE WHEN s.invoiced_365d_usd > 0 THEN CAST(s.outstanding_usd AS DOUBLE) / CAST(s.invoiced_365d_usd AS DOUBLE) * 365 END AS dso_days,
       s.invoiced_365d_usd, s.credit_limit_usd, s.credit_utilization, s.is_credit_hold,
       CASE WHEN s.max_days_overdue > param('ar.high_overdue_days') OR s.is_credit_hold THEN 'HIGH'
            WHEN s.max_days_overdue > param('ar.medium_overdue_days') OR coalesce(s.credit_utilization >= param('ar.utilization_warning'), false) THEN 'MEDIUM'
            ELSE 'LOW' END AS payment_risk,
       s.unapplied_usd, s.fx_missing_count
FROM rated s LEFT JOIN gold.account_members a ON a.account_id = s.account_id
