-- check: commitments_sum_to_mrr
-- severity: error
-- table: gold.mrr_commitments
-- about: What lifetime value projects of an account by length of contract is its monthly recurring revenue, no more and no less; to 0.01 per account.
WITH part AS (
  SELECT account_id, sum(mrr_usd) AS mrr_usd FROM gold.mrr_commitments GROUP BY account_id
)
SELECT m.account_id, p.mrr_usd AS committed_usd, m.mrr_usd
FROM gold.account_metrics m
LEFT JOIN part p ON p.account_id = m.account_id
WHERE m.master_account_id IS NOT NULL AND abs(greatest(coalesce(m.mrr_usd, 0), 0) - coalesce(p.mrr_usd, 0)) > 0.01
