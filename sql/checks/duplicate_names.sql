-- check: duplicate_names
-- severity: warning
-- table: gold.accounts
-- about: Accounts of one region under the same normalised name. Account linking makes them one customer where
-- more than the name speaks for it (account_link); merge them in the source if they are the same company.
SELECT account_name_normalized, region, count(*) AS row_count, string_agg(account_id, ', ' ORDER BY account_id) AS account_ids
FROM silver.account
WHERE regexp_matches(account_name_normalized, '[\p{L}\p{N}]')
GROUP BY region, account_name_normalized
HAVING count(*) > 1
