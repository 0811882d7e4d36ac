-- Customers, revenue and growth of the segments by kind of account and by industry; a customer
-- is of the kind and industry of the account that stands for it.
WITH customer AS (
  SELECT s.customer, s.kind, coalesce(s.industry, 'UNKNOWN') AS industry, s.customer IN (SELECT customer FROM today) AS is_customer, sum(f.usd) FILTER (WHERE f.day > as_of_day() - INTERVAL 12 MONTH) AS usd,
         coalesce(sum(f.usd) FILTER (WHERE f.day <= as_of_day() - INTERVAL 12 MONTH AND f.day > as_of_day() - INTERVAL 24 MONTH), 0) AS before
  FROM standing(as_of_day()) s JOIN belongs b USING (customer) LEFT JOIN flow f ON f.account = b.account GROUP BY ALL
), segment AS (
  SELECT what, count(*) FILTER (WHERE is_customer) AS customers, sum(usd) AS usd, sum(before) AS before
  FROM (SELECT 'kind ' || kind AS what, * FROM customer UNION ALL SELECT 'industry ' || industry, * FROM customer) GROUP BY what
)
SELECT what || ' customers', customers FROM segment WHERE usd > 0 UNION ALL SELECT what || ' revenue', usd FROM segment WHERE usd > 0
UNION ALL SELECT what || ' growth', 100 * (usd / before - 1) FROM segment SEMI JOIN (SELECT scheme, segment FROM answer WHERE yoy_growth IS NOT NULL) a
  ON what = CASE a.scheme WHEN 'account_type' THEN 'kind ' || lower(a.segment) ELSE 'industry ' || a.segment END
-- answer
WITH named AS (SELECT CASE scheme WHEN 'account_type' THEN 'kind ' || lower(segment) ELSE 'industry ' || segment END AS what, * FROM answer WHERE revenue_ttm_usd > 0)
SELECT what || ' customers', customers FROM named UNION ALL SELECT what || ' revenue', revenue_ttm_usd FROM named UNION ALL SELECT what || ' growth', 100 * yoy_growth FROM named WHERE yoy_growth IS NOT NULL
