-- grain: invoice
-- key: invoice_id
-- storage: single
--
-- Bills with what was paid, credited and is still owed. Everything is netted in the
-- currency of the invoice (paid_amount + credited_amount + outstanding_amount =
-- total_amount) and only the balance is converted, at the as-of rate; paid_usd and
-- credited_usd are at the rates of their own dates. Cancelled, rebilled and unissued
-- invoices (is_receivable = false) owe nothing. Payments and credits count when applied
-- up to the as-of date; the source's own balance field is not used. An invoice counts as
-- paid, and is not overdue, when no more than invoices.paid_tolerance is left of it.
--
-- is_disputed means a dispute is open now, was_disputed that one ever was;
-- is_erroneous: a credit for a billing error, a cancel-and-rebill, or an upheld dispute.
WITH billing_account AS (
  SELECT billing_account_id, account_id, payment_terms_days FROM silver.billing_account
), invoice AS (
  SELECT i.invoice_id, coalesce(i.account_id, b.account_id) AS source_account_id, i.source_region, i.billing_account_id, i.invoice_number,
         i.invoice_date, coalesce(i.due_date, i.invoice_date + coalesce(b.payment_terms_days, CAST(param('invoices.default_terms_days') AS INTEGER))) AS due_date,
         i.status, coalesce(i.total_amount, i.net_amount + coalesce(i.tax_amount, 0)) AS total_amount, i.net_amount,
         i.currency_iso_code, i.total_amount_usd AS total_usd, i.net_amount_usd AS net_usd, i.fx_rate, i.fx_status,
         coalesce(i.cancelled_on <= as_of(), false) OR i.rebilled_by_invoice_id IS NOT NULL
           OR coalesce(list_contains(param_list('invoices.not_receivable_statuses'), lower(i.status)), false) AS is_void,
         i.rebilled_by_invoice_id IS NOT NULL AS is_rebilled
  FROM silver.invoice i LEFT JOIN billing_account b ON b.billing_account_id = i.billing_account_id
  WHERE i.invoice_date IS NULL OR i.invoice_date <= as_of()
), entry AS (
  SELECT invoice_id, applied_on, applied_amount AS amount, currency_iso_code, applied_amount_usd AS amount_usd, true AS is_payment, false AS is_billing_error
  FROM silver.payment
  WHERE invoice_id <> '' AND applied_on <= as_of()
    AND NOT coalesce(list_contains(param_list('invoices.void_payment_statuses'), lower(status)), false)
  UNION ALL
  SELECT invoice_id, applied_on, amount, currency_iso_code, amount_usd, false, coalesce(is_billing_error, false)
  FROM silver.credit_memo
  WHERE invoice_id <> '' AND applied_on <= as_of()
), settled AS (
  SELECT e.invoice_id, e.applied_on, e.is_payment, e.is_billing_error, e.amount_usd, i.due_date, i.total_amount,
         CASE WHEN e.currency_iso_code IS NULL OR e.currency_iso_code = i.currency_iso_code THEN e.amount
              ELSE CAST(round(CAST(e.amount_usd AS DOUBLE) * i.fx_rate, 2) AS DECIMAL(18,2)) END AS amount
  FROM entry e JOIN invoice i ON i.invoice_id = e.invoice_id
), running AS (
  SELECT invoice_id, applied_on, total_amount,
         sum(coalesce(amount, 0)) OVER (PARTITION BY invoice_id ORDER BY applied_on RANGE UNBOUNDED PRECEDING) AS settled_so_far
  FROM settled
), paid_off AS (
  SELECT invoice_id, min(applied_on) AS fully_paid_on FROM running
  WHERE settled_so_far >= total_amount - CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) GROUP BY invoice_id
), total AS (
  SELECT invoice_id,
         coalesce(sum(amount) FILTER (WHERE is_payment), 0) AS paid_amount, coalesce(sum(amount) FILTER (WHERE NOT is_payment), 0) AS credited_amount,
         coalesce(sum(amount) FILTER (WHERE applied_on <= due_date), 0) AS settled_by_due,
         sum(amount_usd) FILTER (WHERE is_payment) AS paid_usd, sum(amount_usd) FILTER (WHERE NOT is_payment) AS credited_usd,
         count(*) FILTER (WHERE is_payment AND amount_usd IS NULL) AS paid_fx_missing, count(*) FILTER (WHERE NOT is_payment AND amount_usd IS NULL) AS credited_fx_missing,
         count(*) FILTER (WHERE amount IS NULL) AS not_netted,
         count(*) FILTER (WHERE NOT is_payment) > 0 AS is_adjusted, bool_or(is_billing_error) AS has_billing_error
  FROM settled GROUP BY invoice_id
), dispute AS (
  SELECT invoice_id,
         bool_or(resolved_on IS NULL OR resolved_on > as_of()) AS is_open,
         coalesce(sum(disputed_amount) FILTER (WHERE resolved_on IS NULL OR resolved_on > as_of()), 0) AS disputed_amount,
         arg_max(outcome, (resolved_on, dispute_id)) FILTER (WHERE resolved_on <= as_of()) AS outcome,
         coalesce(bool_or(list_contains(param_list('invoices.upheld_outcomes'), lower(outcome))) FILTER (WHERE resolved_on <= as_of()), false) AS is_upheld
  FROM silver.billing_dispute WHERE opened_on <= as_of() GROUP BY invoice_id
), balance AS (
  SELECT i.*, NOT i.is_void AS is_receivable,
         coalesce(t.paid_amount, 0) AS paid_amount, coalesce(t.credited_amount, 0) AS credited_amount,
         CASE WHEN i.is_void THEN 0 ELSE i.total_amount - coalesce(t.paid_amount, 0) - coalesce(t.credited_amount, 0) END AS outstanding_amount,
         t.invoice_id IS NULL AS is_untouched, t.paid_usd, t.credited_usd, t.paid_fx_missing, t.credited_fx_missing, coalesce(t.not_netted, 0) AS not_netted,
         coalesce(t.settled_by_due, 0) >= i.total_amount - CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) AS is_paid_by_due,
         coalesce(t.is_adjusted, false) AS is_adjusted, coalesce(t.has_billing_error, false) AS has_billing_error, p.fully_paid_on
  FROM invoice i
  LEFT JOIN total t ON t.invoice_id = i.invoice_id
  LEFT JOIN paid_off p ON p.invoice_id = i.invoice_id
)
SELECT b.invoice_id, coalesce(a.account_id, unassigned(b.source_region)) AS account_id, a.master_account_id, b.source_account_id,
       coalesce(a.region, b.source_region, 'UNKNOWN') AS region, b.billing_account_id, b.invoice_number, b.invoice_date, b.due_date, b.status,
       b.is_receivable, b.currency_iso_code, b.total_amount, b.net_amount, b.paid_amount, b.credited_amount, b.outstanding_amount,
       least(coalesce(d.disputed_amount, 0), greatest(b.outstanding_amount, 0)) AS disputed_amount,
       b.total_usd, b.net_usd,
       CASE WHEN b.is_untouched OR b.paid_usd IS NOT NULL OR b.paid_fx_missing = 0 THEN coalesce(b.paid_usd, 0) END AS paid_usd,
       CASE WHEN b.is_untouched OR b.credited_usd IS NOT NULL OR b.credited_fx_missing = 0 THEN coalesce(b.credited_usd, 0) END AS credited_usd,
       CASE WHEN b.outstanding_amount = 0 THEN 0 ELSE usd(b.outstanding_amount, r.units_per_usd) END AS outstanding_usd,
       CASE WHEN coalesce(d.disputed_amount, 0) = 0 OR b.outstanding_amount <= 0 THEN 0
            ELSE usd(least(d.disputed_amount, b.outstanding_amount), r.units_per_usd) END AS disputed_usd,
       b.fx_rate, b.fx_status, r.units_per_usd AS as_of_fx_rate,
       CASE WHEN b.outstanding_amount <= CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) AND b.is_receivable
            THEN coalesce(b.fully_paid_on, CASE WHEN b.total_amount <= 0 THEN b.invoice_date END) END AS fully_paid_on,
       CASE WHEN b.outstanding_amount <= CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) AND b.is_receivable
            THEN date_diff('day', b.invoice_date, b.fully_paid_on) END AS days_to_pay,
       CASE WHEN b.outstanding_amount > CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) AND b.due_date < as_of() THEN date_diff('day', b.due_date, as_of()) ELSE 0 END AS days_overdue,
       coalesce(b.outstanding_amount > CAST(param('invoices.paid_tolerance') AS DECIMAL(18,2)) AND b.due_date < as_of(), false) AS is_overdue,
       b.is_paid_by_due,
       coalesce(d.is_open, false) AS is_disputed, d.invoice_id IS NOT NULL AS was_disputed, d.outcome AS dispute_outcome,
       b.is_adjusted, b.has_billing_error OR b.is_rebilled OR coalesce(d.is_upheld, false) AS is_erroneous, b.not_netted
FROM balance b
LEFT JOIN dispute d ON d.invoice_id = b.invoice_id
LEFT JOIN gold.account_members a ON a.account_id = b.source_account_id
LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = b.currency_iso_code
