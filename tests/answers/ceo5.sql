-- Of the customers of a year ago: the mean of the latest answers of their people in the 180
-- days before, and its rank correlation with leaving.
WITH latest AS (
  SELECT lower(o.kind) AS kind, b.customer, 100 * (o.score - o.lowest) / (o.highest - o.lowest) AS score FROM opinion o JOIN belongs b USING (account)
  WHERE o.kind IN ('NPS', 'CSAT') AND o.score BETWEEN o.lowest AND o.highest AND CAST(o.given AS DATE) > year_start() - 180 AND CAST(o.given AS DATE) <= year_start()
  QUALIFY row_number() OVER (PARTITION BY o.kind, coalesce(o.contact, o.opinion) ORDER BY o.given DESC, o.opinion) = 1
), mood AS (
  SELECT l.kind, l.customer, avg(l.score) AS score, 1 - CAST(any_value(c.stays) AS INTEGER) AS gone FROM latest l JOIN cohort c USING (customer) GROUP BY l.kind, l.customer
), ranked AS (
  SELECT kind, rank() OVER (PARTITION BY kind ORDER BY round(score, 6)) + (count(*) OVER (PARTITION BY kind, round(score, 6)) - 1) / 2.0 AS x,
         rank() OVER (PARTITION BY kind ORDER BY gone) + (count(*) OVER (PARTITION BY kind, gone) - 1) / 2.0 AS y FROM mood
)
SELECT kind || ' customers', count(*) FROM mood GROUP BY kind UNION ALL SELECT kind || ' correlation', 100 * corr(x, y) FROM ranked GROUP BY kind
-- answer
SELECT driver || ' customers', customers FROM answer WHERE outcome = 'churn_12m' UNION ALL SELECT driver || ' correlation', 100 * spearman_rho FROM answer WHERE outcome = 'churn_12m'
