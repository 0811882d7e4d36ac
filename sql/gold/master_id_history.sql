-- grain: thing that happened to a customer id, per as-of date
-- key: old_master_account_id, new_master_account_id, occurred_at
-- storage: state
--
-- What became of customer ids at each as-of. minted: a new customer. split: part of the
-- accounts of the old id are a customer of their own, with a new id. merged: the accounts of
-- the old id went to other customers; the new one has most of them, and the old id stands
-- for it from now on (master_aliases). retired: no account of it is left. returned: an
-- account of a retired id is back. Where one id is concerned, old and new are the same.
WITH earlier AS (
  SELECT account_id, arg_max(master_account_id, (as_of_date, account_id)) AS master_account_id, arg_max(is_gone, (as_of_date, account_id)) AS is_gone
  FROM past.master_id_changes GROUP BY account_id
), ever AS (
  SELECT DISTINCT master_account_id FROM past.master_id_changes
), living_before AS (
  SELECT master_account_id, count(*) AS account_count FROM earlier WHERE NOT is_gone GROUP BY master_account_id
), living AS (
  SELECT master_account_id, count(*) AS account_count FROM gold.master_ids GROUP BY master_account_id
), moved AS (
  SELECT e.master_account_id AS old_id, m.master_account_id AS new_id, count(*) AS account_count
  FROM gold.master_ids m JOIN earlier e ON e.account_id = m.account_id
  WHERE e.master_account_id <> m.master_account_id
  GROUP BY e.master_account_id, m.master_account_id
), born AS (
  SELECT l.master_account_id AS new_id, l.account_count FROM living l ANTI JOIN ever e ON e.master_account_id = l.master_account_id
), parted AS (
  SELECT b.new_id, coalesce(v.old_id, b.new_id) AS old_id, coalesce(v.account_count, b.account_count) AS account_count,
         row_number() OVER (PARTITION BY b.new_id ORDER BY v.account_count DESC, v.old_id) AS rank
  FROM born b LEFT JOIN moved v ON v.new_id = b.new_id
), died AS (
  SELECT b.master_account_id AS old_id, b.account_count FROM living_before b ANTI JOIN living l ON l.master_account_id = b.master_account_id
), went AS (
  SELECT d.old_id, coalesce(v.new_id, d.old_id) AS new_id, coalesce(v.account_count, d.account_count) AS account_count,
         row_number() OVER (PARTITION BY d.old_id ORDER BY v.account_count DESC NULLS LAST, v.new_id) AS rank
  FROM died d LEFT JOIN moved v ON v.old_id = d.old_id
), event AS (
  SELECT old_id, new_id, CASE WHEN old_id = new_id THEN 'minted' ELSE 'split' END AS event, account_count FROM parted WHERE rank = 1
  UNION ALL
  SELECT old_id, new_id, CASE WHEN old_id = new_id THEN 'retired' ELSE 'merged' END, account_count FROM went WHERE rank = 1
  UNION ALL
  SELECT l.master_account_id, l.master_account_id, 'returned', l.account_count
  FROM living l JOIN ever e ON e.master_account_id = l.master_account_id ANTI JOIN living_before b ON b.master_account_id = l.master_account_id
)
SELECT old_id AS old_master_account_id, new_id AS new_master_account_id, event, day_start(as_of()) AS occurred_at, as_of() AS as_of_date, account_count
FROM event
