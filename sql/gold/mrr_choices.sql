-- grain: account with recurring items
-- key: account_id
-- storage: single
--
-- Which source tells what an account pays each month: one for all its months, the first
-- that covers mrr.min_rung_coverage of the months in which any of them is > 0, else the one
-- that covers most. A month counts by its end (the running one by the as-of).
--
-- The months are not enumerated: an amount is added in the month it begins and taken off in
-- the first month at whose end it is over, and between two such months nothing changes.
WITH item AS (
  SELECT i.rung, i.account_id, i.start_date, coalesce(g.gap_until, i.end_date) AS last_day, i.mrr
  FROM gold.mrr_items i
  LEFT JOIN gold.mrr_gaps g ON g.rung = i.rung AND g.account_id = i.account_id AND g.product_key = coalesce(i.product_id, i.item_id) AND g.gap_after = i.end_date
  WHERE i.start_date <= as_of()
), change AS (
  SELECT account_id, rung, CAST(date_trunc('month', start_date) AS DATE) AS month_start, mrr FROM item
  UNION ALL
  SELECT account_id, rung, CAST(date_trunc('month', last_day + 1) AS DATE), -mrr FROM item WHERE last_day < as_of()
), changed AS (
  SELECT account_id, month_start,
         sum(mrr) FILTER (WHERE rung = 1) AS mrr_1, sum(mrr) FILTER (WHERE rung = 2) AS mrr_2, sum(mrr) FILTER (WHERE rung = 3) AS mrr_3, sum(mrr) FILTER (WHERE rung = 4) AS mrr_4, sum(mrr) FILTER (WHERE rung = 5) AS mrr_5
  FROM change GROUP BY account_id, month_start
), level AS (
  SELECT account_id, date_diff('month', month_start, coalesce(lead(month_start) OVER w, date_trunc('month', as_of()) + INTERVAL 1 MONTH)) AS months,
         sum(mrr_1) OVER w AS mrr_1, sum(mrr_2) OVER w AS mrr_2, sum(mrr_3) OVER w AS mrr_3, sum(mrr_4) OVER w AS mrr_4, sum(mrr_5) OVER w AS mrr_5
  FROM changed WINDOW w AS (PARTITION BY account_id ORDER BY month_start ROWS UNBOUNDED PRECEDING)
), covered AS (
  SELECT account_id, coalesce(sum(months) FILTER (WHERE mrr_1 > 0 OR mrr_2 > 0 OR mrr_3 > 0 OR mrr_4 > 0 OR mrr_5 > 0), 0) AS any_months,
         [CASE WHEN count(mrr_1) > 0 THEN coalesce(sum(months) FILTER (WHERE mrr_1 > 0), 0) END,
          CASE WHEN count(mrr_2) > 0 THEN coalesce(sum(months) FILTER (WHERE mrr_2 > 0), 0) END,
          CASE WHEN count(mrr_3) > 0 THEN coalesce(sum(months) FILTER (WHERE mrr_3 > 0), 0) END,
          CASE WHEN count(mrr_4) > 0 THEN coalesce(sum(months) FILTER (WHERE mrr_4 > 0), 0) END,
          CASE WHEN count(mrr_5) > 0 THEN coalesce(sum(months) FILTER (WHERE mrr_5 > 0), 0) END] AS rung_months
  FROM level GROUP BY account_id
), coverage AS (
  SELECT account_id, any_months, unnest([1, 2, 3, 4, 5]) AS rung, unnest(rung_months) AS rung_months FROM covered
), choice AS (
  SELECT account_id, rung, rung_months, any_months,
         row_number() OVER (PARTITION BY account_id
                            ORDER BY CASE WHEN rung_months >= param('mrr.min_rung_coverage') * any_months THEN 0 ELSE 1 END,
                                     CASE WHEN rung_months >= param('mrr.min_rung_coverage') * any_months THEN 0 ELSE -rung_months END, rung) AS rank
  FROM coverage WHERE rung_months IS NOT NULL
)
SELECT account_id, rung, rung_months, any_months FROM choice WHERE rank = 1
