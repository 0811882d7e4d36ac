-- check: regions_sum_to_total
-- severity: error
-- table: gold.sales_funnel
-- about: Additive columns of the regions sum to the total; the funnel to its row ALL, and the accounts of a
-- customer to the customer. If not, a region or an account is left out or counted twice.
WITH funnel AS (
  SELECT as_of_date, funnel, stage_name,
         sum(entered_count) FILTER (WHERE region <> 'ALL') AS entered, sum(entered_count) FILTER (WHERE region = 'ALL') AS entered_all,
         sum(current_count) FILTER (WHERE region <> 'ALL') AS present, sum(current_count) FILTER (WHERE region = 'ALL') AS present_all,
         sum(amount_usd) FILTER (WHERE region <> 'ALL') AS amount, sum(amount_usd) FILTER (WHERE region = 'ALL') AS amount_all
  FROM gold.sales_funnel GROUP BY as_of_date, funnel, stage_name
), part AS (
  SELECT master_account_id, sum(mrr_usd) AS mrr_usd, sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(outstanding_usd) AS outstanding_usd,
         sum(active_services) AS active_services, sum(open_cases) AS open_cases
  FROM gold.customer_360 WHERE master_account_id IS NOT NULL GROUP BY master_account_id
)
SELECT concat_ws(' ', 'funnel', funnel, stage_name) AS what, CAST(entered AS DOUBLE) AS sum_of_parts, CAST(entered_all AS DOUBLE) AS total
FROM funnel
WHERE coalesce(entered, 0) <> coalesce(entered_all, 0) OR coalesce(present, 0) <> coalesce(present_all, 0) OR coalesce(amount, 0) <> coalesce(amount_all, 0)
UNION ALL
SELECT concat_ws(' ', 'customer', m.master_account_id), CAST(p.mrr_usd AS DOUBLE), CAST(m.mrr_usd AS DOUBLE)
FROM gold.account_master m LEFT JOIN part p ON p.master_account_id = m.master_account_id
WHERE coalesce(p.mrr_usd, 0) <> coalesce(m.mrr_usd, 0) OR coalesce(p.revenue_ttm_usd, 0) <> coalesce(m.revenue_ttm_usd, 0)
   OR coalesce(p.outstanding_usd, 0) <> coalesce(m.outstanding_usd, 0) OR coalesce(p.active_services, 0) <> coalesce(m.active_services, 0)
   OR coalesce(p.open_cases, 0) <> coalesce(m.open_cases, 0)
