-- check: usage_conserved
-- severity: error
-- table: gold.usage_daily
-- about: The use of every usage type adds up to that of silver.usage_daily: no row was lost or counted twice
-- on the way to accounts and product families.
SELECT coalesce(g.usage_type, s.usage_type) AS usage_type, g.quantity AS gold_quantity, s.quantity AS silver_quantity
FROM (SELECT usage_type, sum(exact(quantity)) AS quantity FROM gold.usage_daily GROUP BY usage_type) g
FULL JOIN (SELECT usage_type, sum(exact(greatest(quantity, 0))) AS quantity FROM silver.usage_daily WHERE usage_date <= as_of() AND quantity IS NOT NULL GROUP BY usage_type) s
  ON s.usage_type = g.usage_type
WHERE NOT coalesce(abs(g.quantity - s.quantity) <= 0.000001 * greatest(1, s.quantity), false)
