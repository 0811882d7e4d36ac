-- check: duplicate_accounts
-- severity: error
-- table: gold.accounts
-- about: Every regional account appears once. If not, two sources give the same account id; check the
-- id_namespace of the sources and the key of the account mapping.
SELECT account_id, count(*) AS row_count FROM gold.accounts GROUP BY account_id HAVING count(*) > 1
