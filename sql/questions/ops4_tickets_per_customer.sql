-- question: OPS4 Products with the most tickets per customer
-- asked by: operations
-- tables: gold.issue_patterns, gold.product_mix
-- variables: as_of
-- sources: silver.support_case, silver.asset
-- empty: No case was created in 90 days.
--
-- A customer served in two regions counts in each.
SELECT p.product_family, p.cases_90d, m.customers, p.cases_90d / nullif(m.customers, 0)::DOUBLE AS cases_per_customer, p.cases_per_100_services
FROM (SELECT product_family, sum(cases_90d) AS cases_90d, sum(cases_per_100_services) AS cases_per_100_services
      FROM gold.issue_patterns WHERE as_of_date = getvariable('as_of') GROUP BY product_family) p
LEFT JOIN (SELECT product_family, sum(customers) AS customers FROM gold.product_mix
           WHERE month_start = date_trunc('month', getvariable('as_of')) GROUP BY product_family) m USING (product_family)
ORDER BY cases_per_customer DESC NULLS LAST, p.product_family;
