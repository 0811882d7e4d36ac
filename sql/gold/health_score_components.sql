-- grain: measure of a health score
-- key: as_of_date, account_id, scorecard_version, dimension, measure
-- storage: state
--
-- Why a health score is what it is. nominal_weight is the measure's part of the scorecard,
-- effective_weight its part of the measures that are there: missing ones weigh nothing, and
-- their weight goes to the others. points = effective_weight x sub_score sum to the score,
-- points_lost = effective_weight x (100 - sub_score) to 100 - score. Below
-- health.min_coverage there is no score, so nothing weighs and no points are given.
WITH leaf AS (
  SELECT m.*, c.scorecard_version, c.dimension, c.nominal_weight,
         CAST(sum(CAST(CASE WHEN m.sub_score IS NOT NULL THEN c.nominal_weight ELSE 0 END AS DECIMAL(38,12)))
              OVER (PARTITION BY m.account_id, c.scorecard_version) AS DOUBLE) AS coverage
  FROM gold.health_measures m JOIN gold.health_scorecards c ON c.measure = m.measure
), weighed AS (
  SELECT *, CASE WHEN coverage >= param('health.min_coverage') THEN CASE WHEN sub_score IS NULL THEN 0 ELSE nominal_weight / coverage END END AS effective_weight
  FROM leaf
)
SELECT as_of() AS as_of_date, account_id, scorecard_version, dimension, measure, raw_value, unit, sub_score, nominal_weight, effective_weight,
       effective_weight * sub_score AS points, effective_weight * (100 - sub_score) AS points_lost,
       sub_score IS NULL AS is_missing, missing_reason, evidence
FROM weighed
