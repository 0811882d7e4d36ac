-- check: one_open_recommendation
-- severity: error
-- table: gold.recommendations
-- about: A customer is shown each rule once; its other accounts' rows are merged into that one. If a rule
-- is shown twice, or hidden altogether, the choice between accounts is broken.
SELECT max(recommendation_id) AS recommendation_id, customer_id, rule_id, count(*) FILTER (WHERE status = 'open') AS open_rows
FROM gold.recommendations WHERE status IN ('open', 'merged')
GROUP BY customer_id, rule_id
HAVING count(*) FILTER (WHERE status = 'open') <> 1
