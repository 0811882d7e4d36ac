-- question: BIL3 Customers that often dispute or ask for adjustments
-- asked by: billing
-- tables: gold.billing_quality, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.billing_dispute | silver.credit_memo
-- columns: dispute_rate percent
-- empty: No account disputed or had adjusted three invoices in twelve months.
SELECT a.account_name, sum(b.disputes_opened) AS disputes, sum(b.adjustments) AS adjustments, sum(b.invoices_issued) AS invoices,
       sum(b.disputes_opened) / nullif(sum(b.invoices_issued), 0)::DOUBLE AS dispute_rate
FROM gold.billing_quality b JOIN gold.accounts a USING (account_id)
WHERE b.month_start > getvariable('as_of') - INTERVAL 12 MONTH
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
GROUP BY a.account_id, a.account_name
HAVING coalesce(sum(b.disputes_opened), 0) + coalesce(sum(b.adjustments), 0) >= 3
ORDER BY dispute_rate DESC NULLS LAST, a.account_id;
