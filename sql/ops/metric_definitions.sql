-- grain: metric
-- key: metric_id, version
-- storage: single
--
-- What every column of gold and ops means: the entries of configs/silver_to_gold/definitions,
-- completed by what contracts and shared entries say.
SELECT metric_id, version, label, description, metric_type, numerator, denominator, expression, grain, unit, null_rule, window_rule, owner, standard_ref,
       gold_table, gold_column, valid_from
FROM metric_definitions()
