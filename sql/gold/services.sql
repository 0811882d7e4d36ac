-- grain: service of an account (an installed asset)
-- key: asset_id
-- storage: single
--
-- What a customer has. is_active follows the same rule as MRR (active_on). mrr_usd is the
-- asset's share of the account's MRR at the as-of date; where the account's MRR comes from
-- a source without assets (mrr_source contract, or bills and subscriptions that name no
-- asset) it is NULL, because there is no honest way to split it: MRR by account is in
-- mrr_monthly. Over the services of an account mrr_usd never sums to more than its MRR.
WITH share AS (
  SELECT s.asset_id, s.account_id, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd
  FROM gold.mrr_spans s
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = s.currency_iso_code
  WHERE s.asset_id IS NOT NULL AND active_on(as_of(), s.start_date, s.end_date, NULL, NULL)
  GROUP BY s.asset_id, s.account_id
), rung AS (
  SELECT account_id, min(mrr_source) AS mrr_source FROM gold.mrr_spans GROUP BY account_id
), asset AS (
  SELECT a.*, coalesce(a.start_date, a.install_date, a.purchase_date) AS activated_on, least(a.usage_end_date, a.cancelled_on) AS last_on,
         coalesce(g.account_id, unassigned(a.source_region)) AS gold_account_id, g.master_account_id, coalesce(g.region, a.source_region, 'UNKNOWN') AS region
  FROM silver.asset a LEFT JOIN gold.account_members g ON g.account_id = a.account_id
)
SELECT a.asset_id, a.gold_account_id AS account_id, a.master_account_id, a.account_id AS source_account_id,
       a.product_id, p.product_name, coalesce(p.product_family, 'UNKNOWN') AS product_family, a.status,
       active_on(as_of(), a.activated_on, a.last_on, NULL, a.status) AS is_active,
       coalesce(a.is_recurring, p.is_recurring) AS is_recurring, a.quantity,
       s.mrr_usd, r.mrr_source, a.activated_on,
       CASE WHEN a.last_on <= as_of() THEN a.last_on END AS ended_on,
       a.contract_id, a.region
FROM asset a
LEFT JOIN silver.product p ON p.product_id = a.product_id
LEFT JOIN share s ON s.asset_id = a.asset_id AND s.account_id = a.gold_account_id
LEFT JOIN rung r ON r.account_id = a.gold_account_id
