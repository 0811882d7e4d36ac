-- check: invoice_balances
-- severity: error
-- table: gold.invoices
-- about: In the currency of the invoice, paid + credited + outstanding = total; a void invoice owes nothing.
-- If not, a payment or credit was lost or counted twice.
SELECT invoice_id, total_amount, paid_amount, credited_amount, outstanding_amount FROM gold.invoices
WHERE (is_receivable AND total_amount IS NOT NULL AND total_amount IS DISTINCT FROM paid_amount + credited_amount + outstanding_amount)
   OR (NOT is_receivable AND outstanding_amount IS DISTINCT FROM 0)
