-- grain: evidence for putting an account under a master
-- key: account_id, matched_account_id, method
-- storage: single
--
-- Why an account is, or is not, under a customer. Each account of a group is matched with
-- the group's first account under the same customer (is_accepted), and with the first
-- account of the group that is under another one (refused: a steward's "not the same", an
-- ambiguous name). Names too common to mean anything give no row. score and its parts belong
-- to fuzzy matching, which is not built yet.
WITH member AS (
  SELECT g.*, m.master_account_id
  FROM gold.account_groups g JOIN gold.account_members m ON m.account_id = g.account_id
  WHERE g.decision NOT IN ('generic', 'too common')
), pair AS (
  SELECT a.account_id, b.account_id AS matched_account_id, a.method, a.master_account_id, a.decision, a.confidence_score, a.evidence, a.decided_by, a.linked_at,
         a.master_account_id = b.master_account_id AND a.is_usable AS is_accepted,
         row_number() OVER (PARTITION BY a.account_id, a.group_key, a.master_account_id = b.master_account_id ORDER BY b.account_id) AS rank
  FROM member a JOIN member b ON b.group_key = a.group_key AND b.account_id <> a.account_id
  WHERE a.group_size <= param('linking.max_accounts_per_name') OR a.method <> 'exact'
), one AS (
  SELECT *, row_number() OVER (PARTITION BY account_id, matched_account_id, method ORDER BY is_accepted DESC, evidence) AS choice
  FROM pair WHERE rank = 1
)
SELECT account_id, matched_account_id, method, master_account_id,
       CASE WHEN method = 'exact' THEN 1.0 END AS similarity, confidence_score,
       evidence || CASE WHEN decision IN ('same') THEN '' ELSE ' (' || decision || ')' END AS evidence,
       is_accepted, decided_by, linked_at,
       NULL AS score, NULL AS score_parts, CASE WHEN method = 'exact' THEN 1.0 END AS name_similarity
FROM one WHERE choice = 1
