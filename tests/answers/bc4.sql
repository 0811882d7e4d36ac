-- Customers, revenue and margin of each segment; a customer is of the kind of the account that
-- stands for it. The margin is that of the twelve months that have ended: what was billed without tax and
-- credited since, less standard cost times quantity, per account, month and product family.
WITH valued AS (
  SELECT b.bill, b.account, b.issued, b.ccy, b.net, l.amount, coalesce(p.family, 'UNKNOWN') AS family, round(l.amount / r.rate, 2) AS usd, l.quantity * p.cost AS cost
  FROM bill b ASOF JOIN rate r ON b.ccy = r.ccy AND b.issued >= r.rate_day JOIN bill_line l ON l.bill = b.bill LEFT JOIN item p ON p.product = l.product
  WHERE b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day()) AND l.kind <> 'Tax'
), credited AS (
  SELECT v.account, c.issued, v.family, -sum(c.amount * v.net_share * v.share / r.rate) AS usd FROM (SELECT * FROM credit WHERE issued <= as_of_day()) c
  JOIN (SELECT b.bill, b.account, v.family, any_value(b.net / b.total) AS net_share, sum(v.amount) / sum(sum(v.amount)) OVER (PARTITION BY b.bill) AS share FROM valued v JOIN bill b USING (bill) WHERE v.amount > 0 GROUP BY b.bill, b.account, v.family) v USING (bill)
  ASOF JOIN rate r ON c.ccy = r.ccy AND c.issued >= r.rate_day GROUP BY ALL
), cell AS (
  SELECT account, family, date_trunc('month', day) AS month, sum(usd) AS usd, sum(cost) AS cost, bool_and(cost IS NOT NULL) FILTER (WHERE is_bill) AS is_costed
  FROM (SELECT account, family, issued AS day, usd, cost, true AS is_bill FROM valued UNION ALL SELECT account, family, issued, usd, NULL, false FROM credited)
  WHERE day >= date_trunc('month', as_of_day() + 1) - INTERVAL 12 MONTH AND day < date_trunc('month', as_of_day() + 1) GROUP BY ALL
), margin AS (
  SELECT s.kind, sum(c.usd - c.cost) AS margin, sum(c.usd) AS usd FROM cell c JOIN belongs b USING (account) JOIN standing(as_of_day()) s USING (customer) WHERE c.is_costed GROUP BY s.kind
), worth AS (
  SELECT s.kind, count(DISTINCT b.customer) FILTER (WHERE b.customer IN (SELECT customer FROM today)) AS customers, sum(f.usd) FILTER (WHERE f.day > as_of_day() - INTERVAL 12 MONTH) AS usd
  FROM standing(as_of_day()) s JOIN belongs b USING (customer) LEFT JOIN flow f ON f.account = b.account GROUP BY s.kind
)
SELECT 'customers ' || kind, customers FROM worth WHERE usd > 0 UNION ALL SELECT 'revenue ' || kind, usd FROM worth WHERE usd > 0
UNION ALL SELECT 'margin in tens of thousands ' || kind, margin / 10000 FROM margin UNION ALL SELECT 'margin in percent ' || kind, 100 * margin / usd FROM margin
-- answer
SELECT 'customers ' || lower(segment), customers FROM answer WHERE revenue_ttm_usd > 0 UNION ALL SELECT 'revenue ' || lower(segment), revenue_ttm_usd FROM answer WHERE revenue_ttm_usd > 0
UNION ALL SELECT 'margin in tens of thousands ' || lower(segment), gross_margin_usd / 10000 FROM answer WHERE gross_margin_usd IS NOT NULL UNION ALL SELECT 'margin in percent ' || lower(segment), 100 * margin_rate FROM answer WHERE margin_rate IS NOT NULL
