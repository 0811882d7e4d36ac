-- Cases of 90 days by product family, and for every hundred services in force.
WITH recent AS (SELECT family, count(*) AS cases FROM complaint WHERE created >= as_of_day() - 89 AND created < as_of_day() + 1 GROUP BY family), force AS (
  SELECT p.family, count(*) AS services FROM service s JOIN installed i USING (service) JOIN item p USING (product)
  WHERE s.since <= as_of_day() AND (s.until IS NULL OR s.until >= as_of_day()) AND s.status <> 'Ordered' GROUP BY p.family
)
SELECT family, cases FROM recent UNION ALL SELECT family || ' per 100 services', 100.0 * cases / services FROM recent JOIN force USING (family)
-- answer
SELECT product_family, cases_90d FROM answer WHERE cases_90d > 0
UNION ALL SELECT product_family || ' per 100 services', cases_per_100_services FROM answer WHERE cases_90d > 0 AND cases_per_100_services IS NOT NULL
