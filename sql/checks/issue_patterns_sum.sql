-- check: issue_patterns_sum
-- severity: error
-- table: gold.issue_patterns
-- about: The cases of a problem over all accounts are those of the problem. If not, a case was counted in one
-- of the two tables only.
SELECT coalesce(p.product_family, a.product_family) AS product_family, coalesce(p.reason, a.reason) AS reason, p.cases_90d, a.cases_90d AS account_cases_90d
FROM gold.issue_patterns p
FULL JOIN (SELECT product_family, reason, sum(cases_90d) AS cases_90d FROM gold.account_issue_patterns GROUP BY product_family, reason) a
  ON a.product_family = p.product_family AND a.reason = p.reason
WHERE coalesce(p.cases_90d, 0) <> coalesce(a.cases_90d, 0)
