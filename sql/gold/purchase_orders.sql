-- grain: order bought without a contract
-- key: order_id
-- storage: single
--
-- Orders by which customers come back of their own will; purchase patterns and the model of
-- repeat orders look at these. An order under a contract, or with a recurring line, is the
-- start or change of a service and says nothing about the next one; cancelled and draft
-- orders (orders.void_statuses) were never placed. Lines that name no known order (a
-- purchase history as a plain list) are grouped by their order id, else each is an order.
WITH line AS (
  SELECT i.order_item_id, i.order_id, i.account_id, i.source_region, i.service_date, i.line_amount_usd, coalesce(p.is_recurring, false) AS is_recurring
  FROM silver.order_item i LEFT JOIN silver.product p ON p.product_id = i.product_id
), content AS (
  SELECT order_id, bool_or(is_recurring) AS has_recurring, sum(line_amount_usd) AS amount_usd FROM line WHERE order_id IS NOT NULL GROUP BY order_id
), placed AS (
  SELECT o.order_id, o.account_id, o.source_region, coalesce(o.effective_date, day_of(o.created_at)) AS ordered_on, coalesce(o.amount_usd, c.amount_usd) AS amount_usd
  FROM silver."order" o LEFT JOIN content c ON c.order_id = o.order_id
  WHERE o.contract_id IS NULL AND NOT coalesce(c.has_recurring, false)
    AND NOT has_item(param_list('orders.void_statuses'), lower(o.status))
  UNION ALL
  SELECT coalesce(l.order_id, l.order_item_id), min(l.account_id), min(l.source_region), min(l.service_date), sum(l.line_amount_usd)
  FROM line l ANTI JOIN silver."order" o ON o.order_id = l.order_id
  GROUP BY coalesce(l.order_id, l.order_item_id)
  HAVING NOT bool_or(l.is_recurring)
)
SELECT p.order_id, coalesce(a.account_id, unassigned(p.source_region)) AS account_id, a.master_account_id, p.source_region, p.ordered_on, p.amount_usd
FROM placed p LEFT JOIN gold.account_members a ON a.account_id = p.account_id
WHERE p.ordered_on <= as_of()
