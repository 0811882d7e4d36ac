-- grain: account whose customer id is another than at the last as-of, per as-of date
-- key: as_of_date, account_id
-- storage: state
--
-- The changes of the crosswalk from accounts to customers: new accounts, accounts that went
-- to another customer, accounts that are gone or back. The crosswalk at an as-of is the
-- latest row of each account up to it.
WITH earlier AS (
  SELECT account_id, arg_max(master_account_id, (as_of_date, account_id)) AS master_account_id, arg_max(is_gone, (as_of_date, account_id)) AS is_gone
  FROM past.master_id_changes GROUP BY account_id
)
SELECT as_of() AS as_of_date, coalesce(m.account_id, e.account_id) AS account_id, coalesce(m.master_account_id, e.master_account_id) AS master_account_id,
       e.master_account_id AS previous_master_account_id, m.account_id IS NULL AS is_gone
FROM gold.master_ids m
FULL JOIN earlier e ON e.account_id = m.account_id
WHERE CASE WHEN m.account_id IS NULL THEN NOT e.is_gone
           ELSE e.account_id IS NULL OR e.is_gone OR m.master_account_id <> e.master_account_id END
