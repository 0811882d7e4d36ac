-- question: BIL5 Billing accuracy and its relation to satisfaction
-- asked by: billing
-- tables: gold.billing_quality, gold.satisfaction_monthly, gold.driver_analysis
-- variables: as_of
-- sources: silver.invoice
-- columns: billing_accuracy percent, nps points, month_start month
-- empty: No invoice was issued.
--
-- The last 60 days are provisional: an error shows when it is credited. The correlation is an association, not a cause.
SELECT b.month_start, sum(b.invoices_issued) AS invoices, 1 - sum(b.invoices_erroneous) / nullif(sum(b.invoices_issued), 0)::DOUBLE AS billing_accuracy,
       max(s.nps) AS nps, max(d.spearman_rho) AS rho_billing_error_vs_nps
FROM gold.billing_quality b
LEFT JOIN gold.satisfaction_monthly s ON s.month_start = b.month_start AND s.survey_type = 'NPS' AND s.dimension = 'all'
LEFT JOIN gold.driver_analysis d ON d.as_of_date = getvariable('as_of') AND d.outcome = 'nps' AND d.driver = 'billing_error'
GROUP BY b.month_start
ORDER BY b.month_start;
