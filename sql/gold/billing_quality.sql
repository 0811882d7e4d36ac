-- grain: account x month of issue
-- key: month_start, account_id
-- storage: partitioned
--
-- How right the bills of a month were: billing_accuracy_rate = 1 - erroneous / issued.
-- Erroneous: a credit for a billing error, a cancel-and-rebill, or a dispute upheld
-- (invoices.is_erroneous), by the month the bill was issued. Issued are bills that left the
-- house: cancelled and rebilled ones too, drafts not. Disputes and adjustments (credits)
-- count in the month they were opened or issued, so they may stand in months without bills.
--
-- Errors come to light later: months within billing_quality.provisional_days of the as-of
-- are provisional.
WITH bill AS (
  SELECT account_id, CAST(date_trunc('month', invoice_date) AS DATE) AS month_start, count(*) AS invoices_issued, count(*) FILTER (WHERE is_erroneous) AS invoices_erroneous
  FROM gold.invoices
  WHERE invoice_date IS NOT NULL AND NOT has_item(param_list('billing_quality.unissued_statuses'), lower(status))
  GROUP BY account_id, CAST(date_trunc('month', invoice_date) AS DATE)
), dispute AS (
  SELECT coalesce(i.account_id, a.account_id, unassigned(d.source_region)) AS account_id, CAST(date_trunc('month', d.opened_on) AS DATE) AS month_start,
         count(*) AS disputes_opened,
         count(*) FILTER (WHERE d.resolved_on <= as_of() AND has_item(param_list('invoices.upheld_outcomes'), lower(d.outcome))) AS disputes_upheld,
         sum(d.disputed_amount_usd) AS disputed_usd, count(*) FILTER (WHERE d.disputed_amount IS NOT NULL AND d.disputed_amount_usd IS NULL) AS fx_missing_count
  FROM silver.billing_dispute d
  LEFT JOIN gold.invoices i ON i.invoice_id = d.invoice_id
  LEFT JOIN gold.account_members a ON a.account_id = d.account_id
  WHERE d.opened_on <= as_of()
  GROUP BY coalesce(i.account_id, a.account_id, unassigned(d.source_region)), CAST(date_trunc('month', d.opened_on) AS DATE)
), credit AS (
  SELECT coalesce(i.account_id, a.account_id, unassigned(c.source_region)) AS account_id, CAST(date_trunc('month', coalesce(c.issued_on, c.applied_on)) AS DATE) AS month_start,
         count(DISTINCT c.credit_memo_id) AS adjustments, sum(c.amount_usd) AS adjustments_usd, count(*) FILTER (WHERE c.amount IS NOT NULL AND c.amount_usd IS NULL) AS fx_missing_count
  FROM silver.credit_memo c
  LEFT JOIN gold.invoices i ON i.invoice_id = c.invoice_id
  LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  WHERE coalesce(c.issued_on, c.applied_on) <= as_of()
  GROUP BY coalesce(i.account_id, a.account_id, unassigned(c.source_region)), CAST(date_trunc('month', coalesce(c.issued_on, c.applied_on)) AS DATE)
), month AS (
  SELECT account_id, month_start FROM bill UNION SELECT account_id, month_start FROM dispute UNION SELECT account_id, month_start FROM credit
)
SELECT m.month_start, m.account_id, coalesce(a.segment, 'UNKNOWN') AS segment, coalesce(a.region, substr(m.account_id, length('UNASSIGNED-') + 1)) AS region,
       coalesce(b.invoices_issued, 0) AS invoices_issued, coalesce(b.invoices_erroneous, 0) AS invoices_erroneous,
       1 - ratio(b.invoices_erroneous, b.invoices_issued) AS billing_accuracy_rate, 1000 * ratio(b.invoices_erroneous, b.invoices_issued) AS errors_per_1000,
       coalesce(d.disputes_opened, 0) AS disputes_opened, coalesce(d.disputes_upheld, 0) AS disputes_upheld,
       CASE WHEN d.disputed_usd IS NOT NULL OR coalesce(d.fx_missing_count, 0) = 0 THEN coalesce(d.disputed_usd, 0) END AS disputed_usd,
       coalesce(c.adjustments, 0) AS adjustments, CASE WHEN c.adjustments_usd IS NOT NULL OR coalesce(c.fx_missing_count, 0) = 0 THEN coalesce(c.adjustments_usd, 0) END AS adjustments_usd,
       coalesce(d.fx_missing_count, 0) + coalesce(c.fx_missing_count, 0) AS fx_missing_count,
       last_day(m.month_start) > days_before(as_of(), param('billing_quality.provisional_days')) AS is_provisional, last_day(m.month_start) <= as_of() AS is_closed_month
FROM month m
LEFT JOIN bill b ON b.account_id = m.account_id AND b.month_start = m.month_start
LEFT JOIN dispute d ON d.account_id = m.account_id AND d.month_start = m.month_start
LEFT JOIN credit c ON c.account_id = m.account_id AND c.month_start = m.month_start
LEFT JOIN gold.account_members a ON a.account_id = m.account_id
