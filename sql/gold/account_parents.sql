-- grain: account that has an ultimate parent, or is one
-- key: account_id
-- storage: single
--
-- Ultimate parent: up the chain until an account without a parent, or an id that no
-- account has. A circle of parents is left after 40 steps; its smallest id stands for it.
WITH RECURSIVE account AS (
  SELECT account_id, nullif(parent_account_id, account_id) AS parent_account_id FROM silver.account
), climb AS (
  SELECT account_id, parent_account_id AS ancestor, 1 AS depth FROM account WHERE parent_account_id IS NOT NULL
  UNION ALL
  SELECT c.account_id, a.parent_account_id, c.depth + 1
  FROM climb c JOIN account a ON a.account_id = c.ancestor
  WHERE a.parent_account_id IS NOT NULL AND c.depth < 40
), ranked_climb AS (
  SELECT account_id, ancestor, depth, max(depth) OVER (PARTITION BY account_id) AS top FROM climb
), ultimate AS (
  SELECT account_id, min(ancestor) AS ultimate_parent_account_id FROM ranked_climb
  WHERE depth = top OR (top = 40 AND depth > 20)
  GROUP BY account_id
)
SELECT account_id, ultimate_parent_account_id FROM ultimate
UNION
SELECT a.account_id, a.account_id FROM account a
WHERE a.account_id IN (SELECT ultimate_parent_account_id FROM ultimate) AND a.account_id NOT IN (SELECT account_id FROM ultimate)
