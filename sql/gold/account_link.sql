-- grain: evidence for putting two accounts under one customer, by method
-- key: account_id, matched_account_id, method
-- storage: single
--
-- Why two accounts are, or are not, one customer: every pair that came out above the review
-- line, every decision of a steward and every link by parent company (to the first account
-- of that parent). decided: accepted (both are under one customer), review (a steward is
-- asked) or rejected (a steward keeps them, or others of their customers, apart); reason says
-- why it is not accepted. The smaller id comes first. score adds up score_parts, in log-odds, and
-- confidence_score is the probability it means, in percent.
WITH undecided AS (
  SELECT least(account_id, matched_account_id) AS account_id, greatest(account_id, matched_account_id) AS matched_account_id,
         arg_max(reason, (decided_at, account_id)) AS evidence, arg_max(decided_by, (decided_at, account_id)) AS decided_by, max(decided_at) AS decided_at
  FROM silver.manual_account_link
  WHERE account_id <> matched_account_id
    AND NOT has_item(param_list('linking.manual_same'), lower(trim(decision))) AND NOT has_item(param_list('linking.manual_different'), lower(trim(decision)))
  GROUP BY least(account_id, matched_account_id), greatest(account_id, matched_account_id)
), pair AS (
  SELECT account_id, matched_account_id, method, decided, reason, confidence_score, score, score_parts, name_similarity,
         CASE WHEN method = 'manual' THEN coalesce(nullif(evidence, ''), 'decided by a steward') ELSE evidence END AS evidence, decided_by, decided_at
  FROM gold.link_pairs
  UNION ALL
  SELECT u.account_id, u.matched_account_id, 'manual', 'review', 'left undecided by a steward', NULL, NULL, NULL, NULL, coalesce(u.evidence, 'not decided'), u.decided_by, u.decided_at
  FROM undecided u ANTI JOIN gold.link_pairs p ON p.account_id = u.account_id AND p.matched_account_id = u.matched_account_id AND p.method = 'manual'
)
SELECT p.account_id, p.matched_account_id, p.method, a.master_account_id, b.master_account_id AS matched_master_account_id,
       p.name_similarity AS similarity, p.confidence_score, p.evidence,
       p.decided = 'accepted' AS is_accepted, p.decided, CASE WHEN p.decided <> 'accepted' THEN p.reason END AS reason,
       p.decided_by, p.decided_at AS linked_at, p.score, p.score_parts, p.name_similarity
FROM pair p
JOIN gold.master_ids a ON a.account_id = p.account_id
JOIN gold.master_ids b ON b.account_id = p.matched_account_id
