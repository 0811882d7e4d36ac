-- grain: measure of a scorecard
-- key: scorecard_version, dimension, measure
-- storage: single
--
-- How the health scorecards weigh their measures. The weight of a measure is that of its
-- dimension times its share of the dimension; nominal_weight is its part of the scorecard's
-- total, so that the measures of a scorecard sum to 1. A weight of 0 takes a measure out.
WITH dimension(scorecard_version, dimension, weight) AS (
  VALUES ('default', 'payment', param('health.weights.default.payment')),
         ('default', 'support', param('health.weights.default.support')),
         ('default', 'usage', param('health.weights.default.usage')),
         ('default', 'engagement', param('health.weights.default.engagement')),
         ('nps', 'nps', param('health.weights.nps.nps')),
         ('nps', 'usage', param('health.weights.nps.usage')),
         ('nps', 'support', param('health.weights.nps.support')),
         ('distributor', 'frequency', param('health.weights.distributor.frequency')),
         ('distributor', 'growth', param('health.weights.distributor.growth')),
         ('distributor', 'recency', param('health.weights.distributor.recency')),
         ('distributor', 'pipeline', param('health.weights.distributor.pipeline'))
), measure(dimension, measure, weight) AS (
  VALUES ('payment', 'on_time_rate', param('health.measures.payment.on_time_rate')),
         ('payment', 'days_overdue', param('health.measures.payment.days_overdue')),
         ('support', 'case_load', param('health.measures.support.case_load')),
         ('support', 'resolution_rate', param('health.measures.support.resolution_rate')),
         ('support', 'open_escalations', param('health.measures.support.open_escalations')),
         ('usage', 'usage_change', param('health.measures.usage.usage_change')),
         ('usage', 'service_change', param('health.measures.usage.service_change')),
         ('engagement', 'review_attendance', param('health.measures.engagement.review_attendance')),
         ('engagement', 'contact_recency', param('health.measures.engagement.contact_recency')),
         ('engagement', 'renewal_rate', param('health.measures.engagement.renewal_rate')),
         ('nps', 'nps_answer', 1), ('frequency', 'order_frequency', 1), ('growth', 'order_growth', 1),
         ('recency', 'contact_recency', 1), ('pipeline', 'pipeline_cover', 1)
), leaf AS (
  SELECT d.scorecard_version, d.dimension, m.measure, exact(d.weight * m.weight) AS weight
  FROM dimension d JOIN measure m ON m.dimension = d.dimension
)
SELECT scorecard_version, dimension, measure,
       ratio(weight, sum(weight) OVER (PARTITION BY scorecard_version)) AS nominal_weight
FROM leaf WHERE weight > 0
