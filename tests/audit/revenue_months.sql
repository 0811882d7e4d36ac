-- The months add up to what was billed: all revenue before credits, since the beginning.
SELECT year(b.issued), sum(round(b.net / r.rate, 2)) FROM bill b ASOF JOIN rate r ON b.ccy = r.ccy AND b.issued >= r.rate_day
WHERE b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day()) GROUP BY ALL
-- gold
SELECT year(month_start), sum(revenue_usd) + sum(credited_usd) FROM gold.revenue_metrics GROUP BY ALL
