-- grain: customer x uninterrupted run of months with recurring revenue
-- key: master_account_id, first_month
-- storage: single
--
-- How long customers stay: what the survival model of customer lifetime value learns from.
-- A run begins with the first month end at which any account of the customer has MRR > 0
-- (month 0) and ends when a closed month follows without; moving a service between
-- accounts of one customer ends nothing, a customer who comes back begins a new run. An
-- amount without exchange rate counts as revenue.
--
-- months is how many closed month ends the customer has lasted after the first. The run that
-- reaches the as-of is current; its tenure_months counts the running month too. The segment
-- is the customer's present one.
WITH paying AS (
  SELECT master_account_id, month_start FROM gold.mrr_monthly
  WHERE master_account_id IS NOT NULL
  GROUP BY master_account_id, month_start
  HAVING bool_or(mrr_usd > 0 OR fx_missing_count > 0)
), span AS (
  SELECT master_account_id, min(month_start) AS first_month, max(month_start) AS last_month, count(*) AS months FROM paying GROUP BY master_account_id
), interrupted AS (
  -- Only these few need their months in order.
  SELECT master_account_id FROM span WHERE months <= date_diff('month', first_month, last_month)
), stepped AS (
  SELECT master_account_id, month_start,
         CASE WHEN lag(month_start) OVER (PARTITION BY master_account_id ORDER BY month_start) = months_before(month_start, 1) THEN 0 ELSE 1 END AS is_first
  FROM paying WHERE master_account_id IN (SELECT master_account_id FROM interrupted)
), numbered AS (
  SELECT master_account_id, month_start, sum(is_first) OVER (PARTITION BY master_account_id ORDER BY month_start ROWS UNBOUNDED PRECEDING) AS run_no
  FROM stepped
), run AS (
  SELECT master_account_id, min(month_start) AS first_month, max(month_start) AS last_month
  FROM numbered GROUP BY master_account_id, run_no
  UNION ALL
  SELECT master_account_id, first_month, last_month FROM span ANTI JOIN interrupted USING (master_account_id)
), calendar AS (
  SELECT CAST(date_trunc('month', as_of()) AS DATE) AS this_month,
         CAST(CASE WHEN as_of() = last_day(as_of()) THEN date_trunc('month', as_of()) ELSE months_before(date_trunc('month', as_of()), 1) END AS DATE) AS last_closed
)
SELECT r.master_account_id, coalesce(p.segment, 'UNKNOWN') AS segment, r.first_month, r.last_month,
       greatest(date_diff('month', r.first_month, least(r.last_month, c.last_closed)), 0) AS months,
       r.last_month < c.last_closed AS is_lost,
       r.last_month = c.this_month AS is_current,
       CASE WHEN r.last_month = c.this_month THEN date_diff('month', r.first_month, r.last_month) END AS tenure_months
FROM run r
CROSS JOIN calendar c
LEFT JOIN gold.master_primary p ON p.master_account_id = r.master_account_id AND p.until_month = DATE '9999-12-01'
