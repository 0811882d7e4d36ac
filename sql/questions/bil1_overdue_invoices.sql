-- question: BIL1 Overdue invoices, and for how long
-- asked by: billing and finance
-- tables: gold.accounts, gold.invoices
SELECT a.account_name, i.invoice_number, i.due_date, i.days_overdue, i.outstanding_usd FROM gold.invoices i JOIN gold.accounts a USING (account_id) WHERE i.is_overdue ORDER BY i.days_overdue DESC;
