-- grain: span of days over which one recurring item of an account has one monthly amount
-- key: span_id
-- storage: single
--
-- The evidence behind monthly recurring revenue: mrr_monthly sums these spans at each
-- month end, services takes an asset's share from them, contracts a contract's.
--
-- Five sources can tell what an account pays each month. They are ranked (the ladder
-- below) and never added: an account uses one of them for all its months, the first
-- that covers mrr.min_rung_coverage of the account-months in which any of them is > 0,
-- else the one that covers most. Only the spans of the chosen source are kept.
--
--   1 asset_state_period   AssetStatePeriod.Mrr
--   2 subscription         (recurring amount - discount) / billing period
--   3 asset                price x quantity / billing period, at the price of the time
--   4 contract             recurring lines of the won opportunity, total price / term
--   5 invoice              recurring invoice lines / months of their service period
--
-- Dates are inclusive. One-off, overage and tax amounts are left out; trials count as
-- services with MRR 0. A gap of up to mrr.gap_days in which an account has nothing of a
-- product is bridged when the product comes back: the spans that ended last before the
-- gap are carried to the day before the return.
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

-- Rung 5. Bills repeat: consecutive lines of one amount become one span.
invoice_line AS (
  SELECT i.source_account_id AS account_id, l.source_region, l.invoice_line_id, l.asset_id, l.product_id,
         coalesce(l.currency_iso_code, i.currency_iso_code) AS currency_iso_code,
         l.service_period_start AS start_date, l.service_period_end AS end_date,
         CAST(CAST(l.line_amount AS DOUBLE) /
              CASE WHEN date_diff('day', l.service_period_start, l.service_period_end) + 1 >= 28
                   THEN round((date_diff('day', l.service_period_start, l.service_period_end) + 1) / 30.4375)
                   ELSE (date_diff('day', l.service_period_start, l.service_period_end) + 1) / 30.4375 END AS DECIMAL(18,6)) AS mrr
  FROM silver.invoice_line l
  JOIN gold.invoices i ON i.invoice_id = l.invoice_id
  WHERE i.is_receivable AND list_contains(param_list('invoices.recurring_charge_types'), lower(l.charge_type))
    AND l.line_amount IS NOT NULL AND l.service_period_end >= l.service_period_start
), invoice_step AS (
  SELECT *, CASE WHEN start_date = lag(end_date) OVER w + 1 AND mrr = lag(mrr) OVER w THEN 0 ELSE 1 END AS is_first
  FROM invoice_line
  WINDOW w AS (PARTITION BY account_id, source_region, product_id, asset_id, currency_iso_code ORDER BY start_date, end_date, invoice_line_id)
), invoice_run AS (
  SELECT *, sum(is_first) OVER (PARTITION BY account_id, source_region, product_id, asset_id, currency_iso_code
                                ORDER BY start_date, end_date, invoice_line_id ROWS UNBOUNDED PRECEDING) AS run_no
  FROM invoice_step
), invoice_item AS (
  SELECT 5 AS rung, r.account_id, r.source_region, min(r.invoice_line_id) AS item_id, r.asset_id,
         coalesce(r.asset_id, r.product_id, min(r.invoice_line_id)) AS service_id, r.product_id, min(a.contract_id) AS contract_id,
         CAST(NULL AS VARCHAR) AS status, min(r.start_date) AS start_date, max(r.end_date) AS end_date,
         min(r.mrr) AS mrr, r.currency_iso_code, 2 AS price_versions
  FROM invoice_run r LEFT JOIN asset a ON a.asset_id = r.asset_id
  GROUP BY r.account_id, r.source_region, r.asset_id, r.product_id, r.currency_iso_code, r.run_no
),

item AS (
  SELECT i.rung, coalesce(g.account_id, unassigned(i.source_region)) AS account_id, g.master_account_id, i.account_id AS source_account_id,
         i.item_id, i.asset_id, i.service_id, i.product_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, i.contract_id,
         i.start_date, coalesce(i.end_date, DATE '9999-12-31') AS end_date,
         CASE WHEN list_contains(param_list('services.trial_statuses'), i.status) THEN 0 ELSE i.mrr END AS mrr,
         i.currency_iso_code, i.price_versions
  FROM (SELECT * FROM state_item UNION ALL SELECT * FROM subscription_item UNION ALL SELECT * FROM asset_item
        UNION ALL SELECT * FROM contract_item UNION ALL SELECT * FROM invoice_item) i
  LEFT JOIN gold.account_members g ON g.account_id = i.account_id
  LEFT JOIN product p ON p.product_id = i.product_id
  WHERE i.mrr IS NOT NULL AND active_on(i.start_date, i.start_date, i.end_date, NULL, i.status)
), reach AS (
  SELECT rung, account_id, coalesce(product_id, item_id) AS product_key, start_date,
         max(end_date) OVER (PARTITION BY rung, account_id, coalesce(product_id, item_id)
                             ORDER BY start_date, item_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM item
), gap AS (
  SELECT rung, account_id, product_key, reached AS gap_after, min(start_date) - 1 AS gap_until
  FROM reach
  WHERE start_date > reached + 1 AND date_diff('day', reached, start_date) - 1 <= param('mrr.gap_days')
  GROUP BY rung, account_id, product_key, reached
), span AS (
  SELECT i.*, coalesce(g.gap_until, i.end_date) AS last_day, g.gap_until IS NOT NULL AS is_bridged
  FROM item i
  LEFT JOIN gap g ON g.rung = i.rung AND g.account_id = i.account_id AND g.product_key = coalesce(i.product_id, i.item_id) AND g.gap_after = i.end_date
),

-- The choice of the rung: months in which it is > 0, against months in which any is.
bundle AS (
  SELECT rung, account_id, start_date, last_day, sum(mrr) AS mrr FROM span WHERE start_date <= as_of() GROUP BY rung, account_id, start_date, last_day
), bundle_month AS (
  SELECT rung, account_id, start_date, last_day, mrr,
         CAST(unnest(generate_series(date_trunc('month', start_date), date_trunc('month', least(last_day, as_of())), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM bundle
), paid_month AS (
  SELECT account_id, rung, month_start FROM bundle_month
  WHERE active_on(least(last_day(month_start), as_of()), start_date, last_day, NULL, NULL)
  GROUP BY account_id, rung, month_start HAVING sum(mrr) > 0
), coverage AS (
  SELECT r.account_id, r.rung, coalesce(c.months, 0) AS rung_months, coalesce(a.months, 0) AS any_months
  FROM (SELECT DISTINCT account_id, rung FROM bundle) r
  LEFT JOIN (SELECT account_id, rung, count(*) AS months FROM paid_month GROUP BY account_id, rung) c ON c.account_id = r.account_id AND c.rung = r.rung
  LEFT JOIN (SELECT account_id, count(DISTINCT month_start) AS months FROM paid_month GROUP BY account_id) a ON a.account_id = r.account_id
), choice AS (
  SELECT account_id, rung, rung_months, any_months,
         row_number() OVER (PARTITION BY account_id
                            ORDER BY CASE WHEN rung_months >= param('mrr.min_rung_coverage') * any_months THEN 0 ELSE 1 END,
                                     CASE WHEN rung_months >= param('mrr.min_rung_coverage') * any_months THEN 0 ELSE -rung_months END, rung) AS rank
  FROM coverage
)
SELECT row_id([CAST(s.rung AS VARCHAR), s.account_id, s.item_id, CAST(s.start_date AS VARCHAR)]) AS span_id,
       s.account_id, s.master_account_id, s.source_account_id,
       list_extract(['asset_state_period', 'subscription', 'asset', 'contract', 'invoice'], s.rung) AS mrr_source,
       s.item_id, s.service_id, s.asset_id, s.product_id, s.product_family, s.contract_id,
       s.start_date, nullif(s.last_day, DATE '9999-12-31') AS end_date, s.mrr, s.currency_iso_code,
       s.is_bridged, s.price_versions, c.rung_months, c.any_months
FROM span s JOIN choice c ON c.account_id = s.account_id AND c.rung = s.rung AND c.rank = 1
