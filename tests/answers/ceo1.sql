-- Revenue of the segments by kind of account.
WITH spent AS (
  SELECT c.account, c.kind, b.customer, coalesce(sum(f.usd) FILTER (WHERE f.day > as_of_day() - INTERVAL 12 MONTH), 0) AS usd,
         coalesce(sum(f.usd) FILTER (WHERE f.day <= as_of_day() - INTERVAL 12 MONTH AND f.day > as_of_day() - INTERVAL 24 MONTH), 0) AS before
  FROM company c JOIN belongs b USING (account) LEFT JOIN flow f USING (account) GROUP BY ALL
), customer AS (
  SELECT customer, arg_max(kind, usd) AS kind, sum(usd) AS usd, sum(before) AS before FROM spent GROUP BY customer
)
SELECT kind || ' revenue', sum(usd) FROM customer WHERE usd > 0 GROUP BY kind
UNION ALL SELECT kind || ' growth', 100 * (sum(usd) / sum(before) - 1) FROM customer GROUP BY kind
-- answer
SELECT lower(segment) || ' revenue', revenue_ttm_usd FROM answer WHERE scheme = 'account_type' AND revenue_ttm_usd > 0
UNION ALL SELECT lower(segment) || ' growth', 100 * yoy_growth FROM answer WHERE scheme = 'account_type' AND yoy_growth IS NOT NULL
