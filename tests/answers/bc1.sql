-- Customers that paid a year before the end of the last closed month, the share of them that
-- still do, and their money then and now at the rates of then: of all, of each region (of the
-- account that stood for the customer then) and of each product family. Gold knows earlier
-- versions of prices, these records do not: money is compared to half a percent.
WITH part AS (
  SELECT 'all' AS what, customer, sum(before) AS before, sum(after) AS after FROM money GROUP BY customer
  UNION ALL SELECT 'region ' || s.region, m.customer, sum(m.before), sum(m.after) FROM money m JOIN standing(year_start()) s USING (customer) GROUP BY s.region, m.customer
  UNION ALL SELECT 'family ' || family, customer, before, after FROM money
), paid AS (
  SELECT what, count(*) AS customers, count(*) FILTER (WHERE after > 0) AS stay, sum(before) AS before, sum(after) AS after, sum(least(before, after)) AS kept FROM part WHERE before > 0 GROUP BY what
)
SELECT what || ': customers', customers FROM paid UNION ALL SELECT what || ': percent kept', 100.0 * stay / customers FROM paid
UNION ALL SELECT what || ': nrr in tens of percent', 10 * after / before FROM paid UNION ALL SELECT what || ': grr in tens of percent', 10 * kept / before FROM paid
-- answer
WITH part AS (
  SELECT CASE dimension WHEN 'all' THEN 'all' WHEN 'region' THEN 'region ' || dimension_value ELSE 'family ' || dimension_value END AS what, * FROM answer WHERE opening_customers > 0
)
SELECT what || ': customers', opening_customers FROM part UNION ALL SELECT what || ': percent kept', 100 * logo_retention FROM part
UNION ALL SELECT what || ': nrr in tens of percent', 10 * nrr FROM part UNION ALL SELECT what || ': grr in tens of percent', 10 * grr FROM part
