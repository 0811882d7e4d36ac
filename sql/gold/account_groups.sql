-- grain: account x thing that it shares with other accounts
-- key: group_key, account_id
-- storage: single
--
-- The reasons for putting accounts under one customer: a steward's decision, an ultimate
-- parent, an exact normalised name. A group is kept if at least two known accounts share it.
--
-- A name does not link when it is empty, without a letter or digit (question marks are what
-- broken encodings leave), shorter than linking.min_name_length, in
-- linking.generic_names, shared by more than linking.max_accounts_per_name accounts, or
-- ambiguous: held by children of different ultimate parents. Such groups are kept with
-- is_usable = false, so that a steward sees them.
WITH RECURSIVE account AS (
  SELECT account_id, account_name_normalized AS name, nullif(parent_account_id, account_id) AS parent_account_id
  FROM silver.account
),

-- Ultimate parent: up the chain until an account without a parent, or an id that no
-- account has. A circle of parents is left after 40 steps; its smallest id stands for it.
climb AS (
  SELECT account_id, parent_account_id AS ancestor, 1 AS depth FROM account WHERE parent_account_id IS NOT NULL
  UNION ALL
  SELECT c.account_id, a.parent_account_id, c.depth + 1
  FROM climb c JOIN account a ON a.account_id = c.ancestor
  WHERE a.parent_account_id IS NOT NULL AND c.depth < 40
), ranked_climb AS (
  SELECT account_id, ancestor, depth, max(depth) OVER (PARTITION BY account_id) AS top FROM climb
), ultimate AS (
  SELECT account_id, min(ancestor) AS root FROM ranked_climb
  WHERE depth = top OR (top = 40 AND depth > 20)
  GROUP BY account_id
), parent_member AS (
  SELECT account_id, root FROM ultimate
  UNION
  SELECT a.account_id, a.account_id FROM account a WHERE a.account_id IN (SELECT root FROM ultimate)
),

-- The latest decision on a pair counts, whichever way round it was written.
decision AS (
  SELECT least(l.account_id, l.matched_account_id) AS first_id, greatest(l.account_id, l.matched_account_id) AS second_id,
         lower(trim(l.decision)) AS decision, l.reason, l.decided_by, l.decided_at,
         row_number() OVER (PARTITION BY least(l.account_id, l.matched_account_id), greatest(l.account_id, l.matched_account_id)
                            ORDER BY l.decided_at DESC NULLS LAST, lower(trim(l.decision)), l.account_id) AS choice
  FROM silver.manual_account_link l
  WHERE l.account_id <> l.matched_account_id
), manual_member AS (
  SELECT account_id, first_id || '|' || second_id AS pair, decision, reason, decided_by, decided_at
  FROM decision, unnest([first_id, second_id]) AS u(account_id)
  WHERE choice = 1
),

name_member AS (
  SELECT a.account_id, a.name, u.root,
         count(*) OVER (PARTITION BY a.name) AS accounts,
         min(u.root) OVER (PARTITION BY a.name) IS DISTINCT FROM max(u.root) OVER (PARTITION BY a.name) AS is_ambiguous
  FROM account a LEFT JOIN ultimate u ON u.account_id = a.account_id
  WHERE a.name IS NOT NULL AND trim(a.name) <> ''
),
candidate AS (
  SELECT 'manual|' || pair AS group_key, account_id, 'manual' AS method,
         CASE WHEN has_item(param_list('linking.manual_same'), decision) THEN 'same'
              WHEN has_item(param_list('linking.manual_different'), decision) THEN 'different' ELSE 'undecided' END AS decision,
         param('linking.confidence_manual') AS confidence_score,
         coalesce(reason, 'decided by a steward') AS evidence, decided_by, decided_at AS linked_at
  FROM manual_member
  UNION ALL
  SELECT 'parent|' || root, account_id, 'parent', 'same', param('linking.confidence_parent'), 'ultimate parent ' || root, NULL, NULL
  FROM parent_member
  UNION ALL
  SELECT 'exact|' || name, account_id, 'exact',
         CASE WHEN length(name) < param('linking.min_name_length') OR NOT regexp_matches(name, '[\p{L}\p{N}]') OR has_item(param_list('linking.generic_names'), name) THEN 'generic'
              WHEN accounts > param('linking.max_accounts_per_name') THEN 'too common'
              WHEN is_ambiguous THEN 'ambiguous' ELSE 'same' END,
         param('linking.confidence_exact'), 'name ' || name, NULL, NULL
  FROM name_member
), counted AS (
  SELECT c.*, count(*) OVER (PARTITION BY c.group_key) AS group_size
  FROM candidate c JOIN account a ON a.account_id = c.account_id
)
SELECT group_key, account_id, method, decision, decision = 'same' AS is_usable, confidence_score, evidence, decided_by, linked_at, group_size
FROM counted
WHERE group_size >= 2
