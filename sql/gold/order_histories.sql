-- grain: account with orders outside contracts
-- key: account_id
-- storage: single
--
-- What the models of repeat orders need to know of an account (see purchase_orders for
-- which orders these are): orders of one day are one. frequency counts those after the
-- first; recency runs from the first to the last, age from the first to the as-of, both in
-- weeks. repeat_value_usd is the mean value of the valued_repeats, the repeat orders of
-- known value. segment_value_usd is the mean value of all orders in the account's segment.
WITH days AS (
  SELECT account_id, ordered_on, CASE WHEN count(*) = count(amount_usd) THEN sum(amount_usd) END AS value_usd
  FROM gold.purchase_orders WHERE master_account_id IS NOT NULL
  GROUP BY account_id, ordered_on
), ranked AS (
  SELECT account_id, ordered_on, value_usd, min(ordered_on) OVER (PARTITION BY account_id) AS first_order_on FROM days
), history AS (
  SELECT account_id, first_order_on, max(ordered_on) AS last_order_on, count(*) - 1 AS frequency,
         count(value_usd) FILTER (WHERE ordered_on > first_order_on) AS valued_repeats, sum(value_usd) FILTER (WHERE ordered_on > first_order_on) AS repeats_usd,
         count(value_usd) AS valued_orders, sum(value_usd) AS orders_usd
  FROM ranked GROUP BY account_id, first_order_on
), placed AS (
  SELECT h.*, coalesce(a.segment, 'UNKNOWN') AS segment FROM history h JOIN gold.account_members a ON a.account_id = h.account_id
), mean AS (
  SELECT segment, ratio(sum(orders_usd), sum(valued_orders)) AS value_usd FROM placed GROUP BY segment
)
SELECT p.account_id, p.segment, p.first_order_on, p.last_order_on, p.frequency,
       CAST(days_between(p.first_order_on, p.last_order_on) AS DOUBLE) / 7 AS recency_weeks,
       CAST(days_between(p.first_order_on, as_of()) AS DOUBLE) / 7 AS age_weeks,
       p.valued_repeats, ratio(p.repeats_usd, p.valued_repeats) AS repeat_value_usd, m.value_usd AS segment_value_usd
FROM placed p LEFT JOIN mean m ON m.segment = p.segment
