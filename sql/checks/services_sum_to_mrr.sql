-- check: services_sum_to_mrr
-- severity: error
-- table: gold.services
-- about: Where MRR comes from assets, the shares of the services sum to the MRR of the account at the as-of
-- date. If not, an asset is counted twice or the two models differ in what is active.
WITH service AS (
  SELECT account_id, sum(mrr_usd) AS mrr_usd FROM gold.services WHERE mrr_source IN ('asset', 'asset_state_period') GROUP BY account_id
), account AS (
  SELECT account_id, sum(mrr_usd) AS mrr_usd FROM gold.mrr_monthly
  WHERE mrr_source IN ('asset', 'asset_state_period') AND month_start = date_trunc('month', as_of()) GROUP BY account_id
)
SELECT coalesce(s.account_id, a.account_id) AS account_id, s.mrr_usd AS services_usd, a.mrr_usd
FROM service s FULL JOIN account a ON a.account_id = s.account_id
WHERE coalesce(s.mrr_usd, 0) <> coalesce(a.mrr_usd, 0)
