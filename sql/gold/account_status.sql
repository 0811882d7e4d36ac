-- grain: known account, with what its customer is to us
-- key: account_id
-- storage: single
--
-- Who counts as a customer. A customer is active with MRR or trailing revenue above 0 over
-- all its accounts, former if it ever had either, else a prospect; an account has the status
-- of its customer. Counts, averages, scores, recommendations and alerts cover active ones.
WITH customer AS (
  SELECT master_account_id,
         coalesce(sum(mrr_usd) > 0, false) OR coalesce(sum(revenue_ttm_usd) > 0, false) AS is_active,
         bool_or(had_mrr OR had_revenue) AS was_customer
  FROM gold.account_metrics
  WHERE master_account_id IS NOT NULL
  GROUP BY master_account_id
)
SELECT m.account_id, m.master_account_id,
       CASE WHEN c.is_active THEN 'active' WHEN c.was_customer THEN 'former' ELSE 'prospect' END AS customer_status
FROM gold.account_members m
JOIN customer c ON c.master_account_id = m.master_account_id
