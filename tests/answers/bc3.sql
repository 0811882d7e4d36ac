-- The share of each of the five, of all revenue, and together.
WITH spent AS (
  SELECT coalesce(b.customer, 'nobody') AS customer, sum(usd) AS usd FROM flow LEFT JOIN belongs b USING (account) WHERE day > as_of_day() - INTERVAL 12 MONTH GROUP BY ALL
), share AS (
  SELECT usd / sum(usd) OVER () AS share, customer, row_number() OVER (ORDER BY customer = 'nobody', usd DESC) AS place FROM spent
)
SELECT place || ' percent', 100 * share FROM share WHERE place <= 5 UNION ALL SELECT 'together', 100 * sum(share) FROM share WHERE place <= 5
-- answer
SELECT revenue_rank || ' percent', 100 * share FROM answer UNION ALL SELECT 'together', 100 * max(cumulative_share) FROM answer
