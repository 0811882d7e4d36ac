-- check: unknown_accounts
-- severity: warning
-- table: gold.unassigned_facts
-- about: Records whose account is missing or unknown; they are kept under UNASSIGNED-<region>, and row_count
-- and amount_usd say how much. Correct the account in the source, or load the accounts that are
-- missing.
SELECT source_region, silver_table, row_count, amount_usd FROM gold.unassigned_facts WHERE row_count > 0
