-- grain: pair of accounts waiting for a steward
-- key: account_id, matched_account_id
-- storage: single
--
-- The queue for stewards: pairs that are not sure enough to be linked, links that a guard
-- refused, decisions that contradict each other or decide nothing. A pair on which a steward
-- has decided is not asked about again. The surest comes first in pipeline link review.
WITH decided AS (
  SELECT account_id, matched_account_id FROM gold.account_link
  WHERE method = 'manual' AND decided <> 'review'
), open AS (
  SELECT l.*, row_number() OVER (PARTITION BY l.account_id, l.matched_account_id ORDER BY l.method = 'manual' DESC, l.confidence_score DESC NULLS LAST, l.method) AS rank
  FROM gold.account_link l
  ANTI JOIN decided d ON d.account_id = l.account_id AND d.matched_account_id = l.matched_account_id
  WHERE l.decided = 'review' AND (l.method = 'manual' OR l.master_account_id <> l.matched_master_account_id)
)
SELECT o.account_id, o.matched_account_id, o.confidence_score, o.method, o.reason, o.evidence, o.score_parts, o.name_similarity,
       a.account_name, a.region, o.master_account_id, b.account_name AS matched_account_name, b.region AS matched_region, o.matched_master_account_id
FROM open o
JOIN gold.account_members a ON a.account_id = o.account_id
JOIN gold.account_members b ON b.account_id = o.matched_account_id
WHERE o.rank = 1
