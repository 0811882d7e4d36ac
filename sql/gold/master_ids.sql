-- grain: known account
-- key: account_id
-- storage: single
-- fit: master_ids_1
--
-- The customer id of every account. A customer keeps the id that most of its accounts had at
-- the last as-of (past.master_id_changes), ties by id; of a split the smaller part, and a
-- customer without an id, gets a new one, made of its founder: the account created first,
-- ties by id. So a customer that is met for the first time has the same id whether its
-- accounts came night by night or all at once. An account that was gone and is back has its
-- old id, unless that was merged into another meanwhile.
WITH placed AS (
  SELECT account_id, customer_account_id FROM gold.link_pairs
  UNION
  SELECT matched_account_id, matched_customer_account_id FROM gold.link_pairs
), member AS (
  SELECT a.account_id, coalesce(p.customer_account_id, a.account_id) AS customer_account_id, a.created_at
  FROM silver.account a LEFT JOIN placed p ON p.account_id = a.account_id
), founded AS (
  SELECT account_id, customer_account_id,
         first_value(account_id) OVER (PARTITION BY customer_account_id ORDER BY created_at NULLS LAST, account_id) AS founder_account_id
  FROM member
), earlier AS (
  SELECT account_id, arg_max(master_account_id, (as_of_date, account_id)) AS master_account_id, arg_max(is_gone, (as_of_date, account_id)) AS is_gone,
         sorted_set(list(master_account_id ORDER BY master_account_id)) AS all_master_account_ids
  FROM past.master_id_changes GROUP BY account_id
), merged AS (
  SELECT DISTINCT old_master_account_id FROM past.master_id_history WHERE event = 'merged'
)
SELECT coalesce(f.account_id, e.account_id) AS account_id, f.customer_account_id, f.founder_account_id,
       CASE WHEN NOT e.is_gone OR g.old_master_account_id IS NULL THEN e.master_account_id END AS master_account_id, e.all_master_account_ids
FROM founded f
FULL JOIN earlier e ON e.account_id = f.account_id
LEFT JOIN merged g ON g.old_master_account_id = e.master_account_id
