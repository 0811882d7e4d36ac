-- question: SVC1 Customers with open cases and their status
-- asked by: customer service
-- tables: gold.support_cases, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.support_case
-- empty: There are no open cases.
SELECT a.account_name, s.case_number, s.status, s.priority, s.is_escalated, s.is_sla_breached, date_diff('day', s.created_at::DATE, getvariable('as_of')) AS age_days
FROM gold.support_cases s JOIN gold.accounts a USING (account_id)
WHERE s.is_open
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY s.severity, s.created_at, s.case_id;
