-- Cases of 90 days by product family.
SELECT family, count(*) FROM complaint WHERE created >= as_of_day() - 89 AND created < as_of_day() + 1 GROUP BY family
-- answer
SELECT product_family, cases_90d FROM answer WHERE cases_90d > 0
