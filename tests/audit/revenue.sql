-- F02: invoiced net of tax less the net part of credits, 12 months and the 12 before; and what those won whom nobody bills.
WITH flow AS (
  SELECT account, issued AS day, net AS amount, ccy FROM bill WHERE cancelled IS NULL OR cancelled > as_of_day()
  UNION ALL
  SELECT b.account, c.issued, -CAST(c.amount AS DOUBLE) * b.net / b.total, c.ccy FROM credit c JOIN bill b USING (bill) WHERE b.cancelled IS NULL OR b.cancelled > as_of_day()
  UNION ALL
  SELECT account, day, CAST(amount AS DOUBLE), ccy FROM booking
), valued AS (
  SELECT f.account, f.day, round(f.amount / r.rate, 2) AS usd FROM flow f ASOF JOIN rate r ON f.ccy = r.ccy AND f.day >= r.rate_day WHERE f.day <= as_of_day()
)
SELECT CASE WHEN day > as_of_day() - INTERVAL 12 MONTH THEN 'trailing' ELSE 'prior' END, sum(usd) FROM valued
WHERE day > as_of_day() - INTERVAL 24 MONTH GROUP BY ALL
-- gold
SELECT 'trailing', sum(revenue_ttm_usd) FROM gold.customer_360 UNION ALL SELECT 'prior', sum(revenue_prior_ttm_usd) FROM gold.customer_360
