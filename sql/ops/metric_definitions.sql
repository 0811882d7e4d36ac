-- grain: metric
-- key: metric_id, version
-- storage: single
--
-- What every metric means: the rows of configs/silver_to_gold/metric_definitions.json.
SELECT metric_id, version, label, description, metric_type, numerator, denominator, expression, grain, unit, null_rule, window_rule, owner, standard_ref,
       gold_table, gold_column, valid_from
FROM metric_definitions()
