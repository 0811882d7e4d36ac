-- check: overview_counts
-- severity: error
-- table: gold.executive_overview
-- about: Health and risk counts sum to the customers, shares of revenue lie between 0 and 1, and revenue at risk names
-- its basis. If not, a customer is counted in two states or in none.
SELECT as_of_date, customers, healthy + at_risk + critical + insufficient_data AS by_health, high_risk + medium_risk + low_risk + without_risk_score AS by_risk
FROM gold.executive_overview
WHERE healthy + at_risk + critical + insufficient_data <> customers
   OR high_risk + medium_risk + low_risk + without_risk_score <> customers
   OR hhi < 0 OR (revenue_at_risk_usd IS NULL) <> (revenue_at_risk_basis IS NULL)
