-- check: score_bands
-- severity: error
-- table: gold.health_score
-- about: Status and level are the bands of their scores, for accounts and customers, and in accounts and
-- customer_360 the same as in the score tables. If not, a page shows a colour that its number does not have.
SELECT account_id AS id, 'health_score' AS table_name, health_score AS score, health_status AS band FROM gold.health_score
WHERE health_status IS DISTINCT FROM health_band(health_score)
UNION ALL
SELECT account_id, 'churn_risk', churn_risk_score, risk_level FROM gold.churn_risk
WHERE risk_level IS DISTINCT FROM risk_band(churn_risk_score)
UNION ALL
SELECT master_account_id, 'account_master', health_score, health_status FROM gold.account_master
WHERE health_status IS DISTINCT FROM CASE WHEN customer_status = 'active' THEN health_band(health_score) END
UNION ALL
SELECT master_account_id, 'account_master', churn_risk_score, risk_level FROM gold.account_master
WHERE risk_level IS DISTINCT FROM risk_band(churn_risk_score)
UNION ALL
SELECT a.account_id, 'accounts', h.health_score, a.health_status
FROM gold.accounts a
LEFT JOIN gold.health_score h ON h.account_id = a.account_id AND h.is_primary AND h.as_of_date = as_of()
LEFT JOIN gold.churn_risk r ON r.account_id = a.account_id AND r.is_primary AND r.as_of_date = as_of()
JOIN gold.customer_360 c ON c.account_id = a.account_id
WHERE a.health_status IS DISTINCT FROM h.health_status OR c.health_score IS DISTINCT FROM h.health_score
   OR a.risk_score IS DISTINCT FROM r.churn_risk_score OR c.risk_level IS DISTINCT FROM r.risk_level
