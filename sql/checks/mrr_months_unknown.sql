-- check: mrr_months_unknown
-- severity: warning
-- table: gold.mrr_movements
-- about: Months of customers that have no row in mrr_movements and stay out of retention, because an amount has no
-- exchange rate. Load the missing rates, or correct the currency code in the source.
SELECT month_start, master_account_id, sum(fx_missing_count) AS amounts
FROM gold.customer_mrr
GROUP BY month_start, master_account_id
HAVING sum(fx_missing_count) > 0
