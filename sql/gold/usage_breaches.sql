-- grain: service x calendar month that passed its allowance
-- key: usage_breach_id
-- storage: single
--
-- The first day of a calendar month on which the use of a service, summed from the first
-- of the month, passes its monthly allowance. Exactly the allowance is no breach. The
-- allowance is the one stated on that day. Only months that pass theirs are laid out by
-- day, so the running sum is taken over few rows.
WITH used AS (
  SELECT usage_date, account_id, asset_id, product_id, usage_type, unit_of_measure, allowance, source_region, known_at,
         date_trunc('month', usage_date) AS month_start, CAST(greatest(quantity, 0) AS DECIMAL(38,9)) AS quantity
  FROM silver.usage_daily WHERE usage_date <= as_of() AND quantity IS NOT NULL AND allowance > 0
), month_over AS (
  SELECT account_id, asset_id, product_id, usage_type, month_start
  FROM used GROUP BY account_id, asset_id, product_id, usage_type, month_start HAVING CAST(sum(quantity) AS DOUBLE) > min(allowance)
), to_date AS (
  SELECT u.*, CAST(sum(u.quantity) OVER (PARTITION BY u.account_id, u.asset_id, u.product_id, u.usage_type, u.month_start ORDER BY u.usage_date) AS DOUBLE) AS used_to_date
  FROM used u
  JOIN month_over o ON o.account_id = u.account_id AND o.asset_id = u.asset_id AND o.product_id = u.product_id AND o.usage_type = u.usage_type AND o.month_start = u.month_start
), breach AS (
  SELECT account_id, asset_id, product_id, usage_type, month_start, min(usage_date) AS usage_date,
         arg_min({'used': used_to_date, 'allowance': allowance, 'unit': unit_of_measure, 'known_at': known_at, 'source_region': source_region}, (usage_date, used_to_date)) AS at
  FROM to_date WHERE used_to_date > allowance
  GROUP BY account_id, asset_id, product_id, usage_type, month_start
)
SELECT row_id([b.account_id, b.asset_id, b.product_id, b.usage_type, CAST(b.month_start AS VARCHAR)]) AS usage_breach_id,
       coalesce(a.account_id, unassigned(b.at.source_region)) AS account_id, b.account_id AS source_account_id, b.asset_id, b.product_id,
       coalesce(p.product_family, q.product_family, 'UNKNOWN') AS product_family, b.usage_type, b.at.unit AS unit_of_measure,
       b.month_start, b.usage_date, b.at.used AS used_to_date, b.at.allowance AS allowance, b.at.known_at AS known_at
FROM breach b
LEFT JOIN gold.account_members a ON a.account_id = b.account_id
LEFT JOIN silver.product p ON p.product_id = b.product_id
LEFT JOIN silver.asset s ON s.asset_id = b.asset_id
LEFT JOIN silver.product q ON q.product_id = s.product_id
