-- grain: account x as-of date
-- key: as_of_date, account_id
-- storage: single
--
-- Customer lifetime value: the revenue of an account so far (historical_usd, all of
-- revenue_metrics) and what it is expected to bring over horizon_months, discounted
-- (projected_usd). Projected is a contractual part, the MRR times the chance that the
-- customer still pays (survival_factors), and an order part, for orders outside contracts
-- (order_model). contracted_usd is a memo: what of projected_usd contracts secure.
-- clv_low_usd and clv_high_usd hold the uncertainty of the models' parameters only, not
-- that of one account's fate.
--
-- margin_rate is the gross margin on revenue with known costs, where that is at least
-- clv.min_cost_coverage of the revenue; NULL without, and then the value is revenue only.
--
-- clv_method names the parts: contract, orders, contract+orders, or historical where
-- nothing is projected. status: ok, or
--   fx_incomplete       some amounts have no exchange rate and are left out
--   fx_missing          no revenue, or no MRR, could be converted
--   no_revenue_history  nothing was ever billed or won: clv_usd is NULL
--   no_mrr_source       no source tells the recurring revenue of the region
--   no_survival_model   too few customers left to say how long others stay
--   no_order_model      too few repeat orders; no_order_value: no order has a value
WITH revenue AS (
  SELECT account_id, sum(revenue_usd) AS revenue_usd, sum(fx_missing_count) AS fx_missing_count,
         sum(revenue_usd) FILTER (WHERE gross_margin_usd IS NOT NULL) AS costed_usd, sum(gross_margin_usd) AS margin_usd
  FROM gold.revenue_metrics GROUP BY account_id
), contractual AS (
  SELECT c.account_id, sum(c.fx_missing_count) AS fx_missing_count, max(f.survival_12m) AS survival_12m,
         sum(CAST(CAST(c.mrr_usd AS DOUBLE) * f.secured AS DECIMAL(38,9))) AS contracted_usd,
         -- One part without a model leaves the whole unknown.
         CASE WHEN count(*) = count(f.projected) THEN sum(CAST(CAST(c.mrr_usd AS DOUBLE) * f.projected AS DECIMAL(38,9))) END AS projected_usd,
         CASE WHEN count(*) = count(f.projected_low) THEN sum(CAST(CAST(c.mrr_usd AS DOUBLE) * f.projected_low AS DECIMAL(38,9))) END AS low_usd,
         CASE WHEN count(*) = count(f.projected_high) THEN sum(CAST(CAST(c.mrr_usd AS DOUBLE) * f.projected_high AS DECIMAL(38,9))) END AS high_usd
  FROM gold.mrr_commitments c
  JOIN gold.survival_factors f ON f.segment = c.segment AND f.tenure_months = c.tenure_months AND f.contract_months = c.contract_months
  GROUP BY c.account_id
), joined AS (
  SELECT a.account_id, a.master_account_id, r.revenue_usd AS historical_usd, r.account_id IS NOT NULL AS has_revenue,
         coalesce(r.fx_missing_count, 0) + coalesce(c.fx_missing_count, 0) AS fx_missing_count,
         CASE WHEN r.costed_usd >= param('clv.min_cost_coverage') * r.revenue_usd THEN ratio(r.margin_usd, r.costed_usd) END AS margin_rate,
         c.account_id IS NOT NULL AS has_contract, c.survival_12m, c.contracted_usd, c.projected_usd AS contract_usd, c.low_usd AS contract_low_usd, c.high_usd AS contract_high_usd,
         o.account_id IS NOT NULL AS has_orders, o.status AS order_status, exact(o.projected_usd) AS order_usd, exact(o.projected_low_usd) AS order_low_usd, exact(o.projected_high_usd) AS order_high_usd,
         m.mrr_usd, m.has_mrr
  FROM gold.account_members a
  JOIN gold.account_metrics m ON m.account_id = a.account_id
  LEFT JOIN revenue r ON r.account_id = a.account_id
  LEFT JOIN contractual c ON c.account_id = a.account_id
  LEFT JOIN gold.order_model o ON o.account_id = a.account_id
), reasoned AS (
  -- What keeps the projection from being known; NULL: nothing does.
  SELECT *, CASE WHEN has_contract AND contract_usd IS NULL THEN 'no_survival_model'
                 WHEN mrr_usd IS NULL AND has_mrr THEN 'fx_missing'
                 WHEN has_orders AND order_status <> 'ok' THEN order_status
                 WHEN mrr_usd IS NULL AND NOT has_orders THEN 'no_mrr_source' END AS gap
  FROM joined
), projected AS (
  SELECT *, CASE WHEN gap IS NULL THEN CAST(coalesce(contract_usd, 0) + coalesce(order_usd, 0) AS DECIMAL(18,2)) END AS projected_usd,
         CASE WHEN gap IS NULL AND (NOT has_contract OR contract_low_usd IS NOT NULL) AND (NOT has_orders OR order_low_usd IS NOT NULL)
              THEN CAST(coalesce(contract_low_usd, 0) + coalesce(order_low_usd, 0) AS DECIMAL(18,2)) END AS low_usd,
         CASE WHEN gap IS NULL AND (NOT has_contract OR contract_high_usd IS NOT NULL) AND (NOT has_orders OR order_high_usd IS NOT NULL)
              THEN CAST(coalesce(contract_high_usd, 0) + coalesce(order_high_usd, 0) AS DECIMAL(18,2)) END AS high_usd
  FROM reasoned
)
SELECT as_of() AS as_of_date, account_id, master_account_id,
       CASE WHEN gap IS NULL THEN CASE WHEN has_contract AND has_orders THEN 'contract+orders' WHEN has_contract THEN 'contract' WHEN has_orders THEN 'orders'
                                       WHEN historical_usd IS NOT NULL THEN 'historical' END END AS clv_method,
       historical_usd, CASE WHEN has_contract THEN CAST(contracted_usd AS DECIMAL(18,2)) WHEN mrr_usd IS NOT NULL THEN 0 END AS contracted_usd, projected_usd,
       historical_usd + projected_usd AS clv_usd, historical_usd + low_usd AS clv_low_usd, historical_usd + high_usd AS clv_high_usd,
       CAST(param('clv.horizon_months') AS INTEGER) AS horizon_months, param('clv.annual_discount_rate') AS annual_discount_rate,
       margin_rate, survival_12m,
       CASE WHEN NOT has_revenue THEN 'no_revenue_history' WHEN historical_usd IS NULL THEN 'fx_missing'
            WHEN gap IS NOT NULL THEN gap WHEN fx_missing_count > 0 THEN 'fx_incomplete' ELSE 'ok' END AS status,
       CAST(round(CAST(historical_usd + projected_usd AS DOUBLE) * margin_rate, 2) AS DECIMAL(18,2)) AS clv_margin_usd
FROM projected
