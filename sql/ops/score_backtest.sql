-- grain: score kind x cutoff date
-- key: score_name, model_version, cutoff_date, horizon_days
-- storage: single
--
-- How well the stored scores foresaw who left: health and rule churn at each cutoff, against
-- what happened in the horizon after it. accounts are customers with MRR and a score.
--   auc             chance that a customer who left stood above one who stayed, from the
--                   sums of ranks, half for equals; auc_low and auc_high: 95 %, Hanley-McNeil
--   average_precision  mean precision at each level of the score, by the leavers found there
--   brier, skill, ece  of the probabilities given then; NULL while none were given
--   lift_top_decile    churn among the backtest.top_share at most risk (ties by id) over the base rate;
--                   revenue_capture_top_decile: their part of the MRR that left
--   green_churn_share  part of those who left whom the score called safe
WITH judged AS (
  SELECT s.score_name, s.model_version, s.cutoff_date, o.horizon_days, s.master_account_id, s.risk_score, s.churn_probability, s.is_green, s.mrr_usd, o.is_churned,
         row_number() OVER (PARTITION BY s.score_name, s.model_version, s.cutoff_date, o.horizon_days ORDER BY s.risk_score DESC, s.master_account_id) AS place,
         count(*) OVER (PARTITION BY s.score_name, s.model_version, s.cutoff_date, o.horizon_days) AS customers
  FROM gold.cutoff_scores s
  JOIN gold.churn_outcomes o ON o.cutoff_date = s.cutoff_date AND o.master_account_id = s.master_account_id
), summed AS (
  SELECT score_name, model_version, cutoff_date, horizon_days, count(*) AS customers, count(*) FILTER (WHERE is_churned) AS churned,
         count(*) FILTER (WHERE is_top) AS top_customers, count(*) FILTER (WHERE is_top AND is_churned) AS top_churned,
         sum(mrr_usd) FILTER (WHERE is_churned) AS churned_mrr, coalesce(sum(mrr_usd) FILTER (WHERE is_top AND is_churned), 0) AS top_churned_mrr,
         count(*) FILTER (WHERE is_churned AND is_green) AS green_churned,
         count(churn_probability) AS rated, count(*) FILTER (WHERE is_churned AND churn_probability IS NOT NULL) AS rated_churned,
         exact_mean(CASE WHEN is_churned THEN (1 - churn_probability) * (1 - churn_probability) ELSE churn_probability * churn_probability END) AS brier
  FROM (SELECT *, place <= ceil(param('backtest.top_share') * customers) AS is_top FROM judged)
  GROUP BY score_name, model_version, cutoff_date, horizon_days
), level AS (
  SELECT score_name, model_version, cutoff_date, horizon_days, risk_score, count(*) AS n, count(*) FILTER (WHERE is_churned) AS churned
  FROM judged GROUP BY score_name, model_version, cutoff_date, horizon_days, risk_score
), stepped AS (
  SELECT *, sum(n) OVER w AS n_down_to, sum(churned) OVER w AS churned_down_to,
         sum(n - churned) OVER (PARTITION BY score_name, model_version, cutoff_date, horizon_days) - sum(n - churned) OVER w AS stayed_below
  FROM level
  WINDOW w AS (PARTITION BY score_name, model_version, cutoff_date, horizon_days ORDER BY risk_score DESC ROWS UNBOUNDED PRECEDING)
), ranked AS (
  SELECT score_name, model_version, cutoff_date, horizon_days, sum(churned * (2 * stayed_below + n - churned)) AS twice_won,
         sum(CAST(churned * ratio(churned_down_to, n_down_to) AS DECIMAL(38,12))) AS precision_sum
  FROM stepped GROUP BY score_name, model_version, cutoff_date, horizon_days
), probable AS (
  -- Customers by the probability given: how far what happened was from it, weighted by number.
  SELECT score_name, model_version, cutoff_date, horizon_days, CAST(sum(exact(abs(churned - n * churn_probability))) AS DOUBLE) / sum(n) AS ece
  FROM (SELECT score_name, model_version, cutoff_date, horizon_days, churn_probability, count(*) AS n, count(*) FILTER (WHERE is_churned) AS churned
        FROM judged WHERE churn_probability IS NOT NULL GROUP BY score_name, model_version, cutoff_date, horizon_days, churn_probability)
  GROUP BY score_name, model_version, cutoff_date, horizon_days
), rated AS (
  SELECT s.*, ratio(s.churned, s.customers) AS base_rate, ratio(r.twice_won, 2 * s.churned * (s.customers - s.churned)) AS auc, ratio(r.precision_sum, s.churned) AS average_precision,
         p.ece, ratio(s.rated_churned, s.rated) * (1 - ratio(s.rated_churned, s.rated)) AS brier_of_base
  FROM summed s
  JOIN ranked r ON r.score_name = s.score_name AND r.model_version = s.model_version AND r.cutoff_date = s.cutoff_date AND r.horizon_days = s.horizon_days
  LEFT JOIN probable p ON p.score_name = s.score_name AND p.model_version = s.model_version AND p.cutoff_date = s.cutoff_date AND p.horizon_days = s.horizon_days
), spread AS (
  SELECT *, sqrt(greatest(auc * (1 - auc) + (churned - 1) * (auc / (2 - auc) - auc * auc) + (customers - churned - 1) * (2 * auc * auc / (1 + auc) - auc * auc), 0)
                 / nullif(churned * (customers - churned), 0)) AS auc_error
  FROM rated
)
SELECT score_name, model_version, cutoff_date, horizon_days, customers AS accounts, churned, base_rate, auc,
       CASE WHEN auc IS NOT NULL THEN greatest(auc - 1.96 * auc_error, 0) END AS auc_low, CASE WHEN auc IS NOT NULL THEN least(auc + 1.96 * auc_error, 1) END AS auc_high,
       average_precision, brier, 1 - ratio(brier, brier_of_base) AS brier_skill, ece,
       ratio(ratio(top_churned, top_customers), base_rate) AS lift_top_decile, ratio(top_churned_mrr, churned_mrr) AS revenue_capture_top_decile,
       ratio(green_churned, churned) AS green_churn_share
FROM spread
