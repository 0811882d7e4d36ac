-- question: SVC1 Customers with open cases and status
-- asked by: customer service
-- tables: gold.accounts, gold.support_cases
-- variables: as_of
SELECT a.account_name, s.case_number, s.status, s.priority, s.is_escalated, s.is_sla_breached, date_diff('day', s.created_at::DATE, getvariable('as_of')) AS age_days
FROM gold.support_cases s JOIN gold.accounts a USING (account_id) WHERE s.is_open ORDER BY s.severity, s.created_at;
