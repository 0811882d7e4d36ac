-- question: BIL1 Overdue invoices, and for how long
-- asked by: billing
-- tables: gold.invoices, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.invoice, silver.payment
-- empty: No invoice is overdue.
SELECT a.account_name, i.invoice_number, i.due_date, i.days_overdue, i.outstanding_usd, i.is_disputed
FROM gold.invoices i JOIN gold.accounts a USING (account_id)
WHERE i.is_overdue
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY i.days_overdue DESC, i.outstanding_usd DESC NULLS LAST, i.invoice_id;
