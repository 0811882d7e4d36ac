-- grain: customer id that was given out, or could have been
-- key: old_master_account_id
-- storage: single
--
-- Where a customer id leads today: to itself, or along its mergers to the id in use; to
-- nothing where no account of it is left. An id that is in no history was given out at an
-- as-of that was run again later: it was made of an account, and leads to its customer.
WITH RECURSIVE event AS (
  SELECT old_master_account_id, new_master_account_id, event, as_of_date FROM past.master_id_history
  UNION ALL
  SELECT old_master_account_id, new_master_account_id, event, as_of_date FROM gold.master_id_history
), known AS (
  SELECT DISTINCT new_master_account_id AS id FROM event
), merged AS (
  SELECT old_master_account_id AS old_id, arg_max(new_master_account_id, (as_of_date, new_master_account_id)) AS new_id, max(as_of_date) AS merged_on
  FROM event WHERE event = 'merged' GROUP BY old_master_account_id
), walk AS (
  SELECT k.id AS old_id, k.id AS new_id, 0 AS steps FROM known k
  UNION ALL
  SELECT w.old_id, m.new_id, w.steps + 1 FROM walk w JOIN merged m ON m.old_id = w.new_id WHERE w.steps < 1000
), furthest AS (
  SELECT old_id, arg_max(new_id, (steps, new_id)) AS new_id FROM walk GROUP BY old_id
), living AS (
  SELECT DISTINCT master_account_id FROM gold.master_ids
), made AS (
  SELECT master_id(account_id) AS old_id, master_account_id FROM gold.master_ids
)
SELECT f.old_id AS old_master_account_id, l.master_account_id, f.old_id <> f.new_id AS is_merged, m.merged_on
FROM furthest f
LEFT JOIN living l ON l.master_account_id = f.new_id
LEFT JOIN merged m ON m.old_id = f.old_id
UNION ALL
SELECT m.old_id, m.master_account_id, m.old_id <> m.master_account_id, NULL
FROM made m ANTI JOIN known k ON k.id = m.old_id
