-- Which identifiers say something. {{file}} (kind, value, account, name) holds every normalised
-- identifier of every account, name being the number of what the account is called. A value
-- used under more than its kind's number of different names, or by more than {{max_accounts}}
-- accounts, belongs to an agency, a reseller or nobody: it is no evidence.
CREATE OR REPLACE TEMP TABLE identifier AS
SELECT kind, value, account, name FROM read_parquet({{file}});

CREATE OR REPLACE TEMP TABLE held AS
SELECT value, count(DISTINCT account) AS accounts,
       count(DISTINCT name) > min(CASE kind {{limits}} END) OR count(DISTINCT account) > {{max_accounts}} AS is_many
FROM identifier GROUP BY value HAVING count(*) > 1;
