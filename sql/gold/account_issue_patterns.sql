-- grain: account x product family x reason x as-of date
-- key: as_of_date, account_id, product_family, reason
-- storage: single
--
-- What each account calls about, over the last year. is_recurring: in issues.window_days it
-- came back with a problem that had been closed (support_cases.repeat_of_case_id);
-- is_systemic: others have the problem, too (issue_patterns).
SELECT as_of() AS as_of_date, c.account_id, c.product_family, c.reason,
       count(*) FILTER (WHERE day_of(c.created_at) > days_before(as_of(), param('issues.window_days'))) AS cases_90d, count(*) AS cases_365d,
       sum(c.reopen_count) AS reopen_count, max(c.created_at) AS last_case_at,
       bool_or(c.repeat_of_case_id IS NOT NULL AND day_of(c.created_at) > days_before(as_of(), param('issues.window_days'))) AS is_recurring,
       coalesce(bool_or(p.is_systemic), false) AS is_systemic
FROM gold.support_cases c LEFT JOIN gold.issue_patterns p ON p.product_family = c.product_family AND p.reason = c.reason
WHERE day_of(c.created_at) > as_of() - 365
GROUP BY c.account_id, c.product_family, c.reason
