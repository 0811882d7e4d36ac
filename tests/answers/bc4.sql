-- Customers and revenue of each segment; a customer is of the kind of its account with most revenue.
WITH spent AS (
  SELECT c.account, c.kind, b.customer, coalesce(sum(f.usd) FILTER (WHERE f.day > as_of_day() - INTERVAL 12 MONTH), 0) AS usd
  FROM company c JOIN belongs b USING (account) LEFT JOIN flow f USING (account) GROUP BY ALL
), customer AS (
  SELECT customer, arg_max(kind, usd) AS kind, sum(usd) AS usd FROM spent GROUP BY customer
)
SELECT 'revenue ' || kind, sum(usd) FROM customer WHERE usd > 0 GROUP BY kind
-- answer
SELECT 'revenue ' || lower(segment), revenue_ttm_usd FROM answer WHERE revenue_ttm_usd > 0
