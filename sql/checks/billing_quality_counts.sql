-- check: billing_quality_counts
-- severity: error
-- table: gold.billing_quality
-- about: Every bill that was issued is in one month of one account, every dispute and credit memo line likewise;
-- no more bills are wrong than were issued.
SELECT 'invoices' AS what, CAST(NULL AS VARCHAR) AS account_id, q.n AS found, s.n AS expected
FROM (SELECT coalesce(sum(invoices_issued), 0) AS n FROM gold.billing_quality) q
CROSS JOIN (SELECT count(*) AS n FROM gold.invoices WHERE invoice_date IS NOT NULL AND NOT has_item(param_list('billing_quality.unissued_statuses'), lower(status))) s
WHERE q.n <> s.n
UNION ALL
SELECT 'disputes', NULL, q.n, s.n
FROM (SELECT coalesce(sum(disputes_opened), 0) AS n FROM gold.billing_quality) q CROSS JOIN (SELECT count(*) AS n FROM silver.billing_dispute WHERE opened_on <= as_of()) s
WHERE q.n <> s.n
UNION ALL
SELECT 'accuracy', account_id, invoices_erroneous, invoices_issued FROM gold.billing_quality WHERE invoices_erroneous > invoices_issued
