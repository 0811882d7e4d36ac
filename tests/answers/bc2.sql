-- Revenue of the ten customers with most of it in the last twelve months, block by block.
WITH block AS (
  SELECT b.customer, sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 12 MONTH) AS y1,
         sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 24 MONTH AND day <= as_of_day() - INTERVAL 12 MONTH) AS y2,
         sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 36 MONTH AND day <= as_of_day() - INTERVAL 24 MONTH) AS y3
  FROM flow JOIN belongs b USING (account) GROUP BY b.customer
), top AS (SELECT *, row_number() OVER (ORDER BY y1 DESC) AS place FROM block WHERE y1 <> 0 ORDER BY place LIMIT 10)
SELECT place || ' y1', y1 FROM top UNION ALL SELECT place || ' y2', coalesce(y2, 0) FROM top UNION ALL SELECT place || ' y3', coalesce(y3, 0) FROM top
-- answer
SELECT revenue_rank || ' y1', revenue_ttm_usd FROM answer UNION ALL SELECT revenue_rank || ' y2', coalesce(revenue_y2_usd, 0) FROM answer UNION ALL SELECT revenue_rank || ' y3', coalesce(revenue_y3_usd, 0) FROM answer
