-- grain: account x as-of date x model version
-- key: as_of_date, account_id, model_version
-- storage: state
--
-- How likely an account of an active customer is to leave, by rules: 0 to 100 from the signs
-- in churn_risk_factors. It orders accounts; it is no probability. churn_probability is
-- what became of earlier scores of the same height (ops.calibration_bins), NULL while too
-- few customers have left to tell. coverage is the part of the weights whose sign is known;
-- below churn.min_coverage score and level are NULL.
--
-- revenue_at_risk_usd is a year of MRR x churn_probability; while that is unknown
-- (revenue_at_risk_basis 'exposure') it is a year of MRR of HIGH accounts and 0 for others.
-- The two bases are never summed. risk_percentile is the percentage of the other scored
-- accounts with a lower score. recommended_action answers the strongest sign; a HIGH account
-- whose contract ends is called first.
WITH judged AS (
  SELECT account_id, model_version, ratio(coalesce(sum(exact(weight)) FILTER (WHERE NOT is_missing), 0), sum(exact(weight))) AS coverage,
         risk_of(list(weight ORDER BY factor) FILTER (WHERE is_triggered)) AS score,
         coalesce(list(factor ORDER BY exact(-contribution), factor) FILTER (WHERE is_triggered), []) AS factors
  FROM gold.churn_risk_factors GROUP BY account_id, model_version
), scored AS (
  SELECT i.account_id, i.master_account_id, i.mrr_usd, i.history_quality, j.model_version, j.coverage, j.factors,
         CASE WHEN j.coverage >= param('churn.min_coverage') THEN j.score END AS score
  FROM gold.score_inputs i JOIN judged j ON j.account_id = i.account_id
), banded AS (
  SELECT *, risk_band(score) AS risk_level,
         CASE WHEN score IS NOT NULL THEN CAST(least(floor(score / param('backtest.bin_width')) + 1, param('backtest.bins')) AS INTEGER) END AS bin,
         CASE WHEN score IS NOT NULL THEN 100 * percent_rank() OVER (PARTITION BY model_version, score IS NOT NULL ORDER BY score) END AS risk_percentile
  FROM scored
), earlier AS (
  SELECT account_id, model_version, churn_risk_score
  FROM past.churn_risk
  WHERE as_of_date = (SELECT max(as_of_date) FROM past.churn_risk
                      WHERE as_of_date BETWEEN days_before(as_of(), param('score_history.oldest_days')) AND days_before(as_of(), param('score_history.compare_days')))
), rated AS (
  SELECT b.*, c.calibrated_rate AS churn_probability, e.churn_risk_score AS score_30d_ago
  FROM banded b
  LEFT JOIN ops.calibration_bins c ON c.score_name = 'churn_risk' AND c.model_version = b.model_version AND c.bin = b.bin AND c.is_used
  LEFT JOIN earlier e ON e.account_id = b.account_id AND e.model_version = b.model_version
)
SELECT as_of() AS as_of_date, account_id, master_account_id, master_account_id AS customer_id, model_version, 'rules' AS method,
       CAST(param('churn.horizon_days') AS INTEGER) AS horizon_days, churn_probability, score AS churn_risk_score, risk_level,
       factors AS contributing_factors,
       CASE WHEN score IS NULL THEN NULL
            WHEN risk_level = 'HIGH' AND has_item(factors, 'contract_ending') THEN param_text('churn.actions.retention')
            WHEN factors[1] = 'usage_decline' THEN param_text('churn.actions.usage_decline')
            WHEN factors[1] = 'support_escalations' THEN param_text('churn.actions.support_escalations')
            WHEN factors[1] = 'payment_overdue' THEN param_text('churn.actions.payment_overdue')
            WHEN factors[1] = 'contract_ending' THEN param_text('churn.actions.contract_ending')
            WHEN factors[1] = 'no_engagement' THEN param_text('churn.actions.no_engagement') END AS recommended_action,
       coverage, risk_percentile, score_30d_ago,
       CASE WHEN score IS NULL THEN NULL
            WHEN churn_probability IS NOT NULL THEN CAST(round(12 * CAST(mrr_usd AS DOUBLE) * churn_probability, 2) AS DECIMAL(18,2))
            WHEN risk_level = 'HIGH' THEN 12 * mrr_usd
            WHEN mrr_usd IS NOT NULL THEN 0 END AS revenue_at_risk_usd,
       CASE WHEN score IS NULL OR mrr_usd IS NULL THEN NULL WHEN churn_probability IS NOT NULL THEN 'probability' ELSE 'exposure' END AS revenue_at_risk_basis,
       true AS is_primary, history_quality
FROM rated
