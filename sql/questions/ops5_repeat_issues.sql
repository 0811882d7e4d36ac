-- question: OPS5 How often the same customers return with repeat issues
-- asked by: operations
-- tables: gold.support_cases
-- variables: as_of
SELECT count(*) FILTER (WHERE repeat_of_case_id IS NOT NULL OR reopen_count > 0) / nullif(count(*), 0)::DOUBLE AS repeat_rate,
       count(DISTINCT account_id) FILTER (WHERE repeat_of_case_id IS NOT NULL) AS repeat_accounts
FROM gold.support_cases WHERE created_at > getvariable('as_of') - INTERVAL 365 DAY AND created_at <= getvariable('as_of');
