-- grain: current regional account
-- key: account_id
-- storage: single
--
-- Every account, and one row UNASSIGNED-<region> for each region with facts whose account
-- is unknown: it has no customer and is never scored. customer_status is that of the
-- customer the account belongs to. risk_score is the churn risk score; it and health_status
-- are those of the primary model and scorecard, and NULL where the customer is not active.
WITH credit AS (
  SELECT account_id, max(CASE WHEN lower(credit_status) = 'hold' THEN 3 WHEN lower(credit_status) = 'watch' THEN 2 WHEN credit_status IS NOT NULL THEN 1 END) AS severity
  FROM silver.billing_account GROUP BY account_id
)
SELECT a.account_id, m.master_account_id, a.account_name, a.account_type, m.region, a.billing_country_code AS country_code, a.billing_city, a.billing_state,
       a.billing_latitude, a.billing_longitude, a.parent_account_id, a.industry, m.segment, a.number_of_employees, a.annual_revenue_usd,
       m.customer_since, k.customer_status, m.is_vip, a.owner_id, m.owner_name, a.territory_id,
       CASE WHEN g.is_credit_hold THEN 'Hold' WHEN c.severity = 3 THEN 'Hold' WHEN c.severity = 2 THEN 'Watch' WHEN c.severity = 1 THEN 'OK' END AS credit_status,
       r.churn_risk_score AS risk_score, h.health_status, as_of() AS as_of_date
FROM silver.account a
JOIN gold.account_members m ON m.account_id = a.account_id
JOIN gold.account_status k ON k.account_id = a.account_id
LEFT JOIN gold.account_metrics g ON g.account_id = a.account_id
LEFT JOIN credit c ON c.account_id = a.account_id
LEFT JOIN gold.churn_risk r ON r.account_id = a.account_id AND r.is_primary
LEFT JOIN gold.health_score h ON h.account_id = a.account_id AND h.is_primary
UNION ALL
SELECT DISTINCT unassigned(u.source_region), NULL, 'Unassigned ' || u.source_region, NULL, u.source_region, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'UNKNOWN', NULL, NULL,
       NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, as_of()
FROM gold.unassigned_facts u
