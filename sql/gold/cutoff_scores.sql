-- grain: customer with recurring revenue x cutoff date x score
-- key: cutoff_date, score_name, model_version, master_account_id
-- storage: single
--
-- What the stored scores said of a customer at a cutoff, rolled up from its accounts with
-- MRR as today's customers are: churn risk the highest, health the mean weighted by MRR,
-- none if accounts with a score hold less than rollup.min_mrr_share of it. risk_score rises with
-- the risk: it is 100 - health for health. is_green: the score gave no warning (HEALTHY,
-- LOW). Only primary rows, and only customers with a score.
WITH churn AS (
  SELECT a.cutoff_date, 'churn_risk' AS score_name, r.model_version, a.master_account_id, max(r.churn_risk_score) AS risk_score,
         max(r.churn_probability) AS churn_probability, risk_band(max(r.churn_risk_score)) = 'LOW' AS is_green
  FROM gold.cutoff_accounts a
  JOIN past.churn_risk r ON r.as_of_date = a.cutoff_date AND r.account_id = a.account_id
  WHERE r.is_primary AND r.churn_risk_score IS NOT NULL
  GROUP BY a.cutoff_date, r.model_version, a.master_account_id
), health AS (
  SELECT a.cutoff_date, 'health' AS score_name, h.scorecard_version AS model_version, a.master_account_id,
         weighted_health(sum(CAST(a.mrr_usd * h.health_score AS DECIMAL(38,9))), sum(a.mrr_usd) FILTER (WHERE h.health_score IS NOT NULL), sum(a.mrr_usd), exact_mean(h.health_score)) AS health_score
  FROM gold.cutoff_accounts a
  JOIN past.health_score h ON h.as_of_date = a.cutoff_date AND h.account_id = a.account_id
  WHERE h.is_primary
  GROUP BY a.cutoff_date, h.scorecard_version, a.master_account_id
), score AS (
  SELECT * FROM churn
  UNION ALL
  SELECT cutoff_date, score_name, model_version, master_account_id, 100 - health_score, NULL, health_band(health_score) = 'HEALTHY'
  FROM health WHERE health_score IS NOT NULL
), mrr AS (
  SELECT cutoff_date, master_account_id, sum(mrr_usd) AS mrr_usd FROM gold.cutoff_accounts GROUP BY cutoff_date, master_account_id
)
SELECT s.*, m.mrr_usd
FROM score s JOIN mrr m ON m.cutoff_date = s.cutoff_date AND m.master_account_id = s.master_account_id
