-- check: growth_suppressed
-- severity: error
-- table: gold.recommendations
-- about: No growth action is shown for a customer while it is about to be lost (a HIGH retention call is
-- open) or on credit hold. If one is, recommendations no longer looks at all accounts of a customer.
SELECT r.recommendation_id
FROM gold.recommendations r
WHERE r.action_type = 'Growth' AND r.status IN ('open', 'merged')
  AND (r.customer_id IN (SELECT customer_id FROM gold.recommendations WHERE action_type = 'Retention' AND priority = 'HIGH' AND status IN ('open', 'merged'))
       OR r.customer_id IN (SELECT master_account_id FROM gold.ar_aging WHERE as_of_date = as_of() AND is_credit_hold AND master_account_id IS NOT NULL))
