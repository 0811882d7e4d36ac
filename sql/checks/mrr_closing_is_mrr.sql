-- check: mrr_closing_is_mrr
-- severity: error
-- table: gold.mrr_movements
-- about: The closing MRR of all customers in a month is their MRR in mrr_monthly, months without an exchange rate
-- left out. If not, a customer is missing from the movements or counted twice.
WITH unknown AS (
  SELECT DISTINCT month_start, master_account_id FROM gold.customer_mrr WHERE fx_missing_count > 0
), measured AS (
  SELECT m.month_start, sum(m.mrr_usd) AS mrr_usd
  FROM gold.mrr_monthly m
  WHERE m.master_account_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM unknown u WHERE u.month_start = m.month_start AND u.master_account_id = m.master_account_id)
  GROUP BY m.month_start
), moved AS (
  SELECT month_start, sum(closing_mrr_usd) AS closing_usd FROM gold.mrr_movements GROUP BY month_start
)
SELECT coalesce(a.month_start, b.month_start) AS month_start, a.mrr_usd, b.closing_usd
FROM measured a FULL JOIN moved b ON b.month_start = a.month_start
WHERE coalesce(a.mrr_usd, 0) <> coalesce(b.closing_usd, 0)
