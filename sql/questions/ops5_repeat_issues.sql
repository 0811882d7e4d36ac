-- question: OPS5 How often the same customers return with repeat issues
-- asked by: operations
-- tables: gold.support_cases
-- variables: as_of
-- sources: silver.support_case
-- columns: repeat_rate percent
-- empty: 
--
-- Cases created in 365 days that were reopened, or that came back for the same account, product and reason within 90 days of closing.
SELECT count(*) FILTER (WHERE repeat_of_case_id IS NOT NULL OR reopen_count > 0) / nullif(count(*), 0)::DOUBLE AS repeat_rate,
       count(*) AS cases, count(DISTINCT account_id) FILTER (WHERE repeat_of_case_id IS NOT NULL) AS repeat_accounts
FROM gold.support_cases
WHERE created_at >= getvariable('as_of') - INTERVAL 364 DAY AND created_at < getvariable('as_of') + INTERVAL 1 DAY;
