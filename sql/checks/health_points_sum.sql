-- check: health_points_sum
-- severity: error
-- table: gold.health_score
-- about: Where there is a health score, the points of its measures sum to it, the points lost to what is
-- missing to 100, and the effective weights to 1. If not, a measure is left out, or counted twice.
WITH part AS (
  SELECT as_of_date, account_id, scorecard_version, sum(CAST(points AS DECIMAL(38,12))) AS points, sum(CAST(points_lost AS DECIMAL(38,12))) AS points_lost,
         sum(CAST(effective_weight AS DECIMAL(38,12))) AS weight
  FROM gold.health_score_components GROUP BY as_of_date, account_id, scorecard_version
)
SELECT h.as_of_date, h.account_id, h.scorecard_version, h.health_score, CAST(p.points AS DOUBLE) AS points, CAST(p.points_lost AS DOUBLE) AS points_lost, CAST(p.weight AS DOUBLE) AS weight
FROM gold.health_score h
LEFT JOIN part p ON p.as_of_date = h.as_of_date AND p.account_id = h.account_id AND p.scorecard_version = h.scorecard_version
WHERE h.health_score IS NOT NULL
  AND NOT coalesce(abs(CAST(p.points AS DOUBLE) - h.health_score) <= 1e-9 AND abs(CAST(p.points_lost AS DOUBLE) - (100 - h.health_score)) <= 1e-9
                   AND abs(CAST(p.weight AS DOUBLE) - 1) <= 1e-9, false)
   OR h.health_score IS NULL AND p.points IS NOT NULL
