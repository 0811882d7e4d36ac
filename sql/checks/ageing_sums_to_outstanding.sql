-- check: ageing_sums_to_outstanding
-- severity: error
-- table: gold.ar_aging
-- about: The age buckets of receivables sum to outstanding_usd, the overdue ones to overdue_usd, and both to
-- the open invoices of the account (NULL where none of them, or none that is late, has a rate). If not, an invoice fell between two buckets.
WITH invoice AS (
  SELECT account_id, sum(outstanding_usd) FILTER (WHERE outstanding_amount > 0) AS outstanding_usd FROM gold.invoices GROUP BY account_id
)
SELECT a.as_of_date, a.account_id, a.outstanding_usd, i.outstanding_usd AS invoices_usd
FROM gold.ar_aging a LEFT JOIN invoice i ON i.account_id = a.account_id
WHERE a.outstanding_usd <> a.current_usd + coalesce(a.overdue_usd, 0) OR (a.outstanding_usd IS NULL AND a.overdue_usd IS NOT NULL)
   OR (a.outstanding_usd IS NOT NULL AND a.overdue_usd IS NULL
       AND (a.fx_missing_count = 0 OR a.max_days_overdue = 0 OR a.overdue_1_30_usd + a.overdue_31_60_usd + a.overdue_61_90_usd + a.overdue_90_plus_usd <> 0))
   OR a.overdue_usd <> a.overdue_1_30_usd + a.overdue_31_60_usd + a.overdue_61_90_usd + a.overdue_90_plus_usd
   OR (a.as_of_date = as_of() AND (a.outstanding_usd <> coalesce(i.outstanding_usd, 0) OR a.outstanding_usd IS NULL AND i.outstanding_usd > 0))
