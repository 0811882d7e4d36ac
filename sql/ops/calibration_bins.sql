-- grain: bin of a backtest
-- key: score_name, model_version, cutoff_date, bin
-- storage: single
--
-- What became of customers whose churn score once stood in a bin: the probability that goes
-- with a score. All cutoffs whose churn.horizon_days ended before the as-of count together
-- (cutoff_date is the last of them), one observation per customer and cutoff. observed_rate
-- is what was seen, between ci_low and ci_high (95 %, Wilson; observations of one customer at
-- several cutoffs depend on each other, so the true interval is wider). calibrated_rate is the
-- nearest rates that never fall from a bin to a higher one (isotonic: the greatest over bins
-- from below of the least pooled rate up to above). predicted_mean is the probability the
-- customers were given then. is_used: backtest.min_churned different customers have left;
-- before that nobody is given a probability.
WITH observed AS (
  SELECT s.score_name, s.model_version, s.cutoff_date, s.master_account_id, s.churn_probability, o.is_churned,
         CAST(least(floor(s.risk_score / param('backtest.bin_width')) + 1, param('backtest.bins')) AS INTEGER) AS bin
  FROM gold.cutoff_scores s
  JOIN gold.churn_outcomes o ON o.cutoff_date = s.cutoff_date AND o.master_account_id = s.master_account_id AND o.horizon_days = param('churn.horizon_days')
  WHERE s.score_name = 'churn_risk'
), total AS (
  SELECT score_name, model_version, max(cutoff_date) AS cutoff_date, count(DISTINCT master_account_id) FILTER (WHERE is_churned) AS churned_customers
  FROM observed GROUP BY score_name, model_version
), counted AS (
  SELECT score_name, model_version, bin, count(*) AS n, count(*) FILTER (WHERE is_churned) AS churned, exact_mean(churn_probability) AS predicted_mean
  FROM observed GROUP BY score_name, model_version, bin
), bins AS (
  SELECT t.*, b.bin, coalesce(c.n, 0) AS n, coalesce(c.churned, 0) AS churned, c.predicted_mean
  FROM total t
  CROSS JOIN (SELECT CAST(unnest(generate_series(1, CAST(param('backtest.bins') AS INTEGER))) AS INTEGER) AS bin) b
  LEFT JOIN counted c ON c.score_name = t.score_name AND c.model_version = t.model_version AND c.bin = b.bin
), pooled AS (
  SELECT f.score_name, f.model_version, f.bin AS first_bin, l.bin AS last_bin, ratio(sum(m.churned), sum(m.n)) AS rate
  FROM bins f
  JOIN bins l ON l.score_name = f.score_name AND l.model_version = f.model_version AND l.bin >= f.bin
  JOIN bins m ON m.score_name = f.score_name AND m.model_version = f.model_version AND m.bin BETWEEN f.bin AND l.bin
  GROUP BY f.score_name, f.model_version, f.bin, l.bin
), lower_bound AS (
  SELECT b.score_name, b.model_version, b.bin, p.first_bin, min(p.rate) AS rate
  FROM bins b JOIN pooled p ON p.score_name = b.score_name AND p.model_version = b.model_version AND b.bin BETWEEN p.first_bin AND p.last_bin
  GROUP BY b.score_name, b.model_version, b.bin, p.first_bin
), isotonic AS (
  SELECT score_name, model_version, bin, max(rate) AS rate FROM lower_bound GROUP BY score_name, model_version, bin
)
SELECT b.score_name, b.model_version, b.cutoff_date, b.bin, b.predicted_mean, ratio(b.churned, b.n) AS observed_rate, b.n, b.churned,
       wilson(b.churned, b.n, -1.96) AS ci_low, wilson(b.churned, b.n, 1.96) AS ci_high,
       i.rate AS calibrated_rate, b.churned_customers, b.churned_customers >= param('backtest.min_churned') AS is_used
FROM bins b JOIN isotonic i ON i.score_name = b.score_name AND i.model_version = b.model_version AND i.bin = b.bin
