-- question: BIL4 Customers on credit hold and the revenue affected
-- asked by: billing
-- tables: gold.ar_aging, gold.customer_360
-- variables: as_of
-- sources: silver.billing_account
-- empty: 
SELECT count(DISTINCT c.master_account_id) AS customers_on_hold, sum(c.mrr_usd) AS mrr_usd, sum(c.open_pipeline_usd) AS blocked_pipeline_usd,
       sum(r.overdue_usd) AS overdue_usd
FROM gold.ar_aging r JOIN gold.customer_360 c USING (as_of_date, account_id)
WHERE r.as_of_date = getvariable('as_of') AND r.is_credit_hold;
