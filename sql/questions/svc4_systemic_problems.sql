-- question: SVC4 Customers with recurring problems that indicate systemic issues
-- asked by: customer service
-- tables: gold.account_issue_patterns, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.support_case
-- none: is_systemic None of these problems is systemic: no product and reason troubles enough accounts at once, or grew enough.
-- empty: No account came back with the same problem.
SELECT a.account_name, i.product_family, i.reason, i.cases_90d, i.cases_365d, i.is_systemic
FROM gold.account_issue_patterns i JOIN gold.accounts a USING (account_id)
WHERE i.as_of_date = getvariable('as_of') AND i.is_recurring
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY i.is_systemic DESC, i.cases_90d DESC, i.account_id, i.product_family, i.reason;
