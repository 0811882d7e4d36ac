-- grain: gap in which an account has nothing of a product, by one source
-- key: rung, account_id, product_key, gap_after
-- storage: single
--
-- A gap of up to mrr.gap_days is bridged when the product comes back: mrr_spans carries the
-- items that ended last before the gap to the day before the return. product_key is the
-- product, or the item where no product is known.
WITH reach AS (
  SELECT rung, account_id, coalesce(product_id, item_id) AS product_key, start_date,
         max(coalesce(end_date, DATE '9999-12-31')) OVER (PARTITION BY rung, account_id, coalesce(product_id, item_id)
                                                          ORDER BY start_date, item_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM gold.mrr_items
)
SELECT rung, account_id, product_key, reached AS gap_after, min(start_date) - 1 AS gap_until
FROM reach
WHERE start_date > reached + 1 AND date_diff('day', reached, start_date) - 1 <= param('mrr.gap_days')
GROUP BY rung, account_id, product_key, reached
