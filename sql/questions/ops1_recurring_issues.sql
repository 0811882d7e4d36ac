-- question: OPS1 Recurring service or product issues
-- asked by: operations
-- tables: gold.issue_patterns
-- variables: as_of
-- sources: silver.support_case
-- empty: No case was created in 90 days.
SELECT product_family, reason, cases_90d, cases_prior_90d, accounts_affected, repeat_accounts, is_systemic
FROM gold.issue_patterns
WHERE as_of_date = getvariable('as_of') AND cases_90d > 0
ORDER BY cases_90d DESC, product_family, reason LIMIT 20;
