-- Cases of 90 days and of the 90 before, by product family and reason.
WITH pattern AS (
  SELECT family || ' ' || reason AS what, count(*) FILTER (WHERE created >= as_of_day() - 89) AS recent, count(*) FILTER (WHERE created < as_of_day() - 89) AS before
  FROM complaint WHERE created >= as_of_day() - 179 AND created < as_of_day() + 1 GROUP BY ALL
), top AS (FROM pattern WHERE recent > 0 ORDER BY recent DESC, what LIMIT 20)
SELECT what, recent FROM top UNION ALL SELECT what || ' before', before FROM top
-- answer
SELECT product_family || ' ' || reason, cases_90d FROM answer UNION ALL SELECT product_family || ' ' || reason || ' before', cases_prior_90d FROM answer
