-- check: scores_cover_customers
-- severity: error
-- table: gold.account_master
-- about: Every active customer stands in one class of health (healthy, at risk, critical, insufficient data) and
-- has a level of churn risk or no score; nobody else does. All accounts of active customers, and no others, have
-- one primary row of each score, and what is at risk is told on one basis only.
WITH account AS (
  SELECT s.account_id, s.customer_status = 'active' AS is_active,
         count(DISTINCT h.scorecard_version) AS health_rows, count(DISTINCT r.model_version) AS churn_rows
  FROM gold.account_status s
  LEFT JOIN gold.health_score h ON h.account_id = s.account_id AND h.is_primary AND h.as_of_date = as_of()
  LEFT JOIN gold.churn_risk r ON r.account_id = s.account_id AND r.is_primary AND r.as_of_date = as_of()
  GROUP BY s.account_id, s.customer_status
)
SELECT master_account_id AS id, 'customer' AS what, concat_ws(' ', customer_status, health_status, risk_level) AS found
FROM gold.account_master
WHERE NOT coalesce(CASE WHEN customer_status = 'active' THEN health_status IN ('HEALTHY', 'AT_RISK', 'CRITICAL', 'INSUFFICIENT_DATA') AND (risk_level IN ('HIGH', 'MEDIUM', 'LOW')) IS NOT false
                        ELSE health_status IS NULL AND risk_level IS NULL AND priority_rank IS NULL END, false)
UNION ALL
SELECT account_id, 'account', concat_ws(' ', CASE WHEN is_active THEN 'active' ELSE 'not active' END, health_rows, 'health', churn_rows, 'churn')
FROM account WHERE health_rows <> CAST(is_active AS INTEGER) OR churn_rows <> CAST(is_active AS INTEGER)
UNION ALL
SELECT 'revenue_at_risk', 'basis', concat_ws(' ', min(revenue_at_risk_basis), max(revenue_at_risk_basis))
FROM gold.churn_risk WHERE as_of_date = as_of() HAVING min(revenue_at_risk_basis) <> max(revenue_at_risk_basis)
