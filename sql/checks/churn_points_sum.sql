-- check: churn_points_sum
-- severity: error
-- table: gold.churn_risk
-- about: Where there is a churn score above 0, the contributions of its factors sum to 1 and their points to the
-- score; contributing_factors names the triggered ones. If not, the reasons shown are not those of the score.
WITH part AS (
  SELECT as_of_date, account_id, model_version, sum(CAST(points AS DECIMAL(38,12))) AS points, sum(CAST(contribution AS DECIMAL(38,12))) AS contribution,
         count(*) FILTER (WHERE is_triggered) AS triggered
  FROM gold.churn_risk_factors GROUP BY as_of_date, account_id, model_version
)
SELECT r.as_of_date, r.account_id, r.model_version, r.churn_risk_score, CAST(p.points AS DOUBLE) AS points, CAST(p.contribution AS DOUBLE) AS contribution, p.triggered
FROM gold.churn_risk r
LEFT JOIN part p ON p.as_of_date = r.as_of_date AND p.account_id = r.account_id AND p.model_version = r.model_version
WHERE NOT coalesce(CASE WHEN r.churn_risk_score > 0 THEN abs(CAST(p.points AS DOUBLE) - r.churn_risk_score) <= 1e-9 AND abs(CAST(p.contribution AS DOUBLE) - 1) <= 1e-9
                        WHEN r.churn_risk_score = 0 THEN p.points = 0 ELSE p.points IS NULL END
                   AND p.triggered = len(r.contributing_factors), false)
