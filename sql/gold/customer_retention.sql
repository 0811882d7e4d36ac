-- grain: customer that paid twelve months before the last closed month
-- key: master_account_id
-- storage: single
--
-- The cohort behind the row of retention_monthly for the last closed month and twelve months,
-- customer by customer: what it paid then and what it pays now, both at the rates of then.
-- So that retention can be asked of any group of customers; over all of them it is the row
-- ALL (checked). Customers with an amount that has no rate are left out, as there.
WITH compared AS (
  SELECT master_account_id, currency_iso_code, amount, fx_missing_count, month_start < closed_month() AS is_opening
  FROM gold.customer_mrr
  WHERE month_start IN (closed_month(), months_before(closed_month(), 12)) AND first_full_month <= months_before(closed_month(), 12)
), valued AS (
  SELECT c.master_account_id, c.is_opening, c.fx_missing_count, usd(c.amount, coalesce(p.units_per_usd, n.units_per_usd)) AS mrr_usd
  FROM compared c
  LEFT JOIN gold.fx_rates p ON p.rate_day = last_day(months_before(closed_month(), 12)) AND p.currency_iso_code = c.currency_iso_code
  LEFT JOIN gold.fx_rates n ON n.rate_day = last_day(closed_month()) AND n.currency_iso_code = c.currency_iso_code
)
SELECT master_account_id, sum(mrr_usd) FILTER (WHERE is_opening) AS opening_mrr_usd,
       greatest(coalesce(sum(mrr_usd) FILTER (WHERE NOT is_opening), 0), 0) AS closing_mrr_usd,
       coalesce(sum(mrr_usd) FILTER (WHERE NOT is_opening), 0) > 0 AS is_retained
FROM valued
GROUP BY master_account_id
HAVING sum(mrr_usd) FILTER (WHERE is_opening) > 0 AND sum(fx_missing_count) = 0
