-- The months add up to what was billed: all revenue before credits, since the beginning, and what was won where nobody bills.
SELECT year(b.day), sum(round(b.amount / r.rate, 2)) FROM (
  SELECT issued AS day, net AS amount, ccy FROM bill WHERE cancelled IS NULL OR cancelled > as_of_day() UNION ALL SELECT day, amount, ccy FROM booking) b
ASOF JOIN rate r ON b.ccy = r.ccy AND b.day >= r.rate_day WHERE b.day <= as_of_day() GROUP BY ALL
-- gold
SELECT year(month_start), sum(revenue_usd) + coalesce(sum(credited_usd), 0) FROM gold.revenue_metrics GROUP BY ALL
