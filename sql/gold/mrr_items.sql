-- grain: recurring item of an account x time over which it has one monthly amount, in each source that tells it
-- key: rung, item_id, start_date
-- storage: single
--
-- Five sources can tell what an account pays each month. They are ranked and never added:
-- mrr_choices says which one counts for an account.
--
--   1 asset_state_period   AssetStatePeriod.Mrr
--   2 subscription         (recurring amount - discount) / billing period
--   3 asset                price x quantity / billing period, at the price of the time
--   4 contract             recurring lines of the won opportunity, total price / term
--   5 invoice              recurring invoice lines / months of their service period
--
-- Dates are inclusive. One-off, overage and tax amounts are left out; trials count as
-- services with MRR 0.
WITH product AS (
  SELECT product_id, coalesce(product_family, 'UNKNOWN') AS product_family, is_recurring, billing_period_months FROM silver.product
), billing_account AS (
  SELECT billing_account_id, account_id FROM silver.billing_account
), asset AS (
  SELECT a.asset_id, a.account_id, a.source_region, a.product_id, a.contract_id, a.status, a.currency_iso_code,
         a.quantity, a.unit_price, a.current_mrr, a.known_at_basis IS DISTINCT FROM 'reconstructed' AS is_observed,
         coalesce(a.billing_period_months, p.billing_period_months, 1) AS period_months,
         coalesce(a.start_date, a.install_date, a.purchase_date) AS start_date,
         least(a.usage_end_date, a.cancelled_on) AS end_date,
         coalesce(a.is_recurring, p.is_recurring, true) AS is_recurring
  FROM silver.asset a LEFT JOIN product p ON p.product_id = a.product_id
),

-- Rung 1. A state ends where the next state of the same asset begins: overlaps are cut,
-- short gaps within one asset closed.
state_period AS (
  SELECT s.asset_state_period_id, s.asset_id, day_of(s.start_at) AS start_date,
         least(day_of(s.end_at), a.end_date) AS end_date,
         lead(day_of(s.start_at)) OVER (PARTITION BY s.asset_id ORDER BY s.start_at, s.asset_state_period_id) AS next_start,
         s.mrr, coalesce(s.currency_iso_code, a.currency_iso_code) AS currency_iso_code,
         a.account_id, coalesce(a.source_region, s.source_region) AS source_region, a.product_id, a.contract_id, a.status
  FROM silver.asset_state_period s JOIN asset a ON a.asset_id = s.asset_id
  WHERE s.mrr IS NOT NULL AND a.is_recurring
), state_item AS (
  SELECT 1 AS rung, account_id, source_region, asset_state_period_id AS item_id, asset_id, asset_id AS service_id, product_id, contract_id, status,
         start_date,
         CASE WHEN next_start IS NOT NULL AND (end_date IS NULL OR next_start <= end_date + 1 + CAST(param('mrr.gap_days') AS INTEGER))
              THEN next_start - 1 ELSE end_date END AS end_date,
         CAST(mrr AS DECIMAL(18,6)) AS mrr, currency_iso_code, 2 AS price_versions
  FROM state_period
),

-- Rung 2.
subscription_item AS (
  SELECT 2 AS rung, coalesce(s.account_id, b.account_id, a.account_id) AS account_id, s.source_region, s.subscription_id AS item_id, s.asset_id,
         coalesce(s.asset_id, s.subscription_id) AS service_id, coalesce(s.product_id, a.product_id) AS product_id, a.contract_id, s.status,
         s.start_date, s.end_date,
         CAST(CAST(s.recurring_amount - coalesce(s.discount_amount, 0) AS DOUBLE)
              / nullif(coalesce(s.billing_period_months, p.billing_period_months, 1), 0) AS DECIMAL(18,6)) AS mrr,
         s.currency_iso_code, 2 AS price_versions
  FROM silver.subscription s
  LEFT JOIN billing_account b ON b.billing_account_id = s.billing_account_id
  LEFT JOIN asset a ON a.asset_id = s.asset_id
  LEFT JOIN product p ON p.product_id = coalesce(s.product_id, a.product_id)
  WHERE s.recurring_amount IS NOT NULL
),

-- Rung 3. Price changes cut an asset into versions: the price before the first change is
-- its old price, the last version carries the asset's present price; but an asset whose
-- oldest version is younger than the as-of carries a later price, so the change decides.
price_change AS (
  SELECT a.asset_id, c.effective_date, c.old_price,
         coalesce(c.new_price, a.unit_price) AS new_price,
         row_number() OVER (PARTITION BY a.asset_id, c.effective_date ORDER BY c.known_at DESC, c.price_change_id DESC) AS latest
  FROM asset a
  JOIN silver.price_change c ON c.asset_id = a.asset_id AND c.currency_iso_code IS NOT DISTINCT FROM a.currency_iso_code
  WHERE c.effective_date > a.start_date AND c.effective_date <= as_of()
), price_version AS (
  SELECT asset_id, effective_date, new_price, old_price,
         row_number() OVER (PARTITION BY asset_id ORDER BY effective_date) AS version_no,
         count(*) OVER (PARTITION BY asset_id) AS versions,
         lead(effective_date) OVER (PARTITION BY asset_id ORDER BY effective_date) AS next_date
  FROM price_change WHERE latest = 1
), asset_price AS (
  SELECT a.asset_id, a.start_date, v.effective_date - 1 AS last_day, coalesce(v.old_price, a.unit_price) AS unit_price, v.versions + 1 AS price_versions, false AS is_latest
  FROM asset a JOIN price_version v ON v.asset_id = a.asset_id AND v.version_no = 1
  UNION ALL
  SELECT a.asset_id, v.effective_date, v.next_date - 1,
         CASE WHEN v.next_date IS NULL AND a.is_observed THEN coalesce(a.unit_price, v.new_price) ELSE v.new_price END, v.versions + 1, v.next_date IS NULL
  FROM asset a JOIN price_version v ON v.asset_id = a.asset_id
  UNION ALL
  SELECT a.asset_id, a.start_date, NULL, a.unit_price, 1, true
  FROM asset a WHERE NOT EXISTS (SELECT 1 FROM price_version v WHERE v.asset_id = a.asset_id)
), asset_item AS (
  SELECT 3 AS rung, a.account_id, a.source_region, a.asset_id AS item_id, a.asset_id, a.asset_id AS service_id, a.product_id, a.contract_id, a.status,
         v.start_date, least(a.end_date, v.last_day) AS end_date,
         CAST(CASE WHEN v.unit_price IS NULL AND v.is_latest THEN CAST(a.current_mrr AS DOUBLE)
                   ELSE CAST(v.unit_price AS DOUBLE) * coalesce(a.quantity, 1) / nullif(a.period_months, 0) END AS DECIMAL(18,6)) AS mrr,
         a.currency_iso_code, CAST(v.price_versions AS INTEGER) AS price_versions
  FROM asset_price v JOIN asset a ON a.asset_id = v.asset_id
  WHERE a.is_recurring
),

-- Rung 4.
contract_line AS (
  SELECT o.contract_id, o.opportunity_id FROM gold.contract_opportunities o WHERE o.role = 'origin' AND o.is_won
), contract_item AS (
  SELECT 4 AS rung, c.account_id, c.source_region, c.contract_id || '/' || l.opportunity_line_item_id AS item_id, CAST(NULL AS VARCHAR) AS asset_id,
         l.opportunity_line_item_id AS service_id, l.product_id, c.contract_id, c.status, c.start_date,
         least(c.end_date, c.terminated_on - 1) AS end_date,
         CAST(CAST(l.total_price AS DOUBLE)
              / nullif(coalesce(l.term_months, c.contract_term_months, date_diff('month', c.start_date, c.end_date + 1)), 0) AS DECIMAL(18,6)) AS mrr,
         l.currency_iso_code, 2 AS price_versions
  FROM contract_line x
  JOIN silver.contract c ON c.contract_id = x.contract_id
  JOIN silver.opportunity_line_item l ON l.opportunity_id = x.opportunity_id
  LEFT JOIN product p ON p.product_id = l.product_id
  WHERE coalesce(l.is_recurring, p.is_recurring, false) AND l.total_price IS NOT NULL
),

-- Rung 5.
invoice_item AS (
  SELECT 5 AS rung, i.account_id, i.source_region, i.item_id, i.asset_id, i.service_id, i.product_id, a.contract_id, CAST(NULL AS VARCHAR) AS status,
         i.start_date, i.end_date, i.mrr, i.currency_iso_code, 2 AS price_versions
  FROM gold.mrr_invoice_items i LEFT JOIN asset a ON a.asset_id = i.asset_id
)
SELECT i.rung, coalesce(g.account_id, unassigned(i.source_region)) AS account_id, g.master_account_id, i.account_id AS source_account_id,
       i.item_id, i.asset_id, i.service_id, i.product_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, i.contract_id,
       i.start_date, i.end_date,
       CASE WHEN list_contains(param_list('services.trial_statuses'), i.status) THEN 0 ELSE i.mrr END AS mrr,
       i.currency_iso_code, i.price_versions
FROM (SELECT * FROM state_item UNION ALL SELECT * FROM subscription_item UNION ALL SELECT * FROM asset_item
      UNION ALL SELECT * FROM contract_item UNION ALL SELECT * FROM invoice_item) i
LEFT JOIN gold.account_members g ON g.account_id = i.account_id
LEFT JOIN product p ON p.product_id = i.product_id
WHERE i.mrr IS NOT NULL AND active_on(i.start_date, i.start_date, i.end_date, NULL, i.status)
