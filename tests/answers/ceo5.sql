-- Of the customers of a year ago: the mean of the latest answers of their people in the 180
-- days before, and its rank correlation with leaving, with what they pay now of what they paid
-- then (at the rates of then), and with the growth of their revenue.
WITH latest AS (
  SELECT lower(o.kind) AS kind, b.customer, 100 * (o.score - o.lowest) / (o.highest - o.lowest) AS score FROM opinion o JOIN belongs b USING (account)
  WHERE o.kind IN ('NPS', 'CSAT') AND o.score BETWEEN o.lowest AND o.highest AND CAST(o.given AS DATE) > year_start() - 180 AND CAST(o.given AS DATE) <= year_start()
  QUALIFY row_number() OVER (PARTITION BY o.kind, coalesce(o.contact, o.opinion) ORDER BY o.given DESC, o.opinion) = 1
), mood AS (SELECT kind, customer, avg(score) AS score FROM latest GROUP BY kind, customer), kept AS (
  SELECT customer, sum(round(before, 2)) AS before, sum(round(after, 2)) AS after FROM money GROUP BY customer HAVING sum(before) > 0
), grown AS (
  SELECT b.customer, coalesce(sum(f.usd) FILTER (WHERE f.day > year_start()), 0) AS usd, sum(f.usd) FILTER (WHERE f.day <= year_start()) AS before
  FROM flow f JOIN belongs b USING (account) WHERE f.day <= year_end() AND f.day > last_day(CAST(year_end() - INTERVAL 24 MONTH AS DATE)) GROUP BY b.customer
), pair AS (
  SELECT 'churn_12m' AS outcome, m.kind, m.score, 1 - CAST(c.stays AS INTEGER) AS result FROM mood m JOIN cohort c USING (customer)
  UNION ALL SELECT 'nrr_12m', m.kind, m.score, k.after / k.before FROM mood m JOIN kept k USING (customer)
  UNION ALL SELECT 'yoy_growth', m.kind, m.score, g.usd / g.before - 1 FROM mood m JOIN grown g USING (customer) WHERE g.before > 0
), ranked AS (
  SELECT outcome, kind, rank() OVER (PARTITION BY outcome, kind ORDER BY round(score, 6)) + (count(*) OVER (PARTITION BY outcome, kind, round(score, 6)) - 1) / 2.0 AS x,
         rank() OVER (PARTITION BY outcome, kind ORDER BY round(result, 4)) + (count(*) OVER (PARTITION BY outcome, kind, round(result, 4)) - 1) / 2.0 AS y FROM pair
)
SELECT outcome || ' and ' || kind || ' customers', count(*) FROM pair GROUP BY outcome, kind UNION ALL SELECT outcome || ' and ' || kind || ' correlation', 10 * corr(x, y) FROM ranked GROUP BY outcome, kind
-- answer
SELECT outcome || ' and ' || driver || ' customers', customers FROM answer UNION ALL SELECT outcome || ' and ' || driver || ' correlation', 10 * spearman_rho FROM answer
