-- check: churn_alerts
-- severity: error
-- table: gold.churn_risk
-- about: Every account of an active customer with a HIGH churn risk has an alert that is open (or that
-- somebody dismissed). If not, the thresholds of scores (churn.high_above) and alerts no longer agree.
SELECT c.as_of_date, c.account_id, c.model_version
FROM gold.churn_risk c
JOIN gold.account_status s ON s.account_id = c.account_id AND s.customer_status = 'active'
ANTI JOIN (SELECT account_id FROM gold.alerts WHERE alert_type = 'churn_risk' AND status IN ('open', 'dismissed')) a ON a.account_id = c.account_id
WHERE c.as_of_date = as_of() AND c.is_primary AND c.risk_level = 'HIGH'
