-- check: payments_not_netted
-- severity: warning
-- table: gold.invoices
-- about: Payments or credits in a currency other than their invoice, for which no rate exists; the invoice
-- shows more outstanding than is owed. Load the missing rates.
SELECT invoice_id, currency_iso_code, not_netted FROM gold.invoices WHERE not_netted > 0
