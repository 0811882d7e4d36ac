-- grain: account x as-of date
-- key: as_of_date, account_id
-- storage: single
--
-- How an account buys outside contracts (purchase_orders). Intervals are those between days
-- with orders. An account is slowing when its silence exceeds the p90 of its own intervals,
-- lapsed at purchases.lapsed_factor times that. Seasonality is the autocorrelation of its
-- monthly orders at lag 12, over the closed months since its first order.
--
-- lapse_reason weighs what happened in the purchases.cause_days before the order that did
-- not come: each kind of cause counts its weight (purchases.cause_weights, strongest first
-- at ties) times its incidents, at most purchases.cause_cap of them.
WITH orders AS (
  SELECT account_id, master_account_id, source_region, ordered_on, count(*) AS orders, sum(amount_usd) AS amount_usd
  FROM gold.purchase_orders WHERE master_account_id IS NOT NULL
  GROUP BY account_id, master_account_id, source_region, ordered_on
), source AS (
  SELECT source_region, min(ordered_on) AS first_on FROM orders GROUP BY source_region
), stepped AS (
  SELECT *, days_between(lag(ordered_on) OVER (PARTITION BY account_id ORDER BY ordered_on), ordered_on) AS gap,
         max(ordered_on) OVER (PARTITION BY account_id) AS last_on
  FROM (SELECT account_id, min(master_account_id) AS master_account_id, min(source_region) AS source_region, ordered_on, CAST(sum(orders) AS BIGINT) AS orders, sum(amount_usd) AS amount_usd
        FROM orders GROUP BY account_id, ordered_on)
), rhythm AS (
  SELECT account_id, min(master_account_id) AS master_account_id, min(source_region) AS source_region, CAST(sum(orders) AS BIGINT) AS orders_total, count(*) AS order_days,
         coalesce(sum(orders) FILTER (WHERE ordered_on > months_before(as_of(), 12)), 0) AS orders_12m,
         coalesce(sum(orders) FILTER (WHERE ordered_on > months_before(as_of(), 24) AND ordered_on <= months_before(as_of(), 12)), 0) AS orders_prior_12m,
         min(ordered_on) AS first_on, max(ordered_on) AS last_on, sum(amount_usd) FILTER (WHERE ordered_on > months_before(last_on, 12)) AS annual_order_value_usd,
         exact_quantile(gap, 0.5) AS median_gap, exact_quantile(gap, 0.9) AS p90_gap, count(gap) AS gaps, CAST(sum(gap) AS BIGINT) AS gap_sum, CAST(sum(gap * gap) AS BIGINT) AS gap_squares
  FROM stepped GROUP BY account_id
),

-- Months of the account's series: 1 is that of its first order, n the last closed one.
monthly AS (
  SELECT account_id, month_no, calendar_month, n, first_month, CAST(sum(orders) AS BIGINT) AS orders FROM (
    SELECT s.account_id, s.orders, date_diff('month', r.first_on, s.ordered_on) + 1 AS month_no, month(s.ordered_on) AS calendar_month, month(r.first_on) AS first_month,
           date_diff('month', r.first_on, CASE WHEN as_of() = last_day(as_of()) THEN as_of() ELSE months_before(as_of(), 1) END) + 1 AS n
    FROM stepped s JOIN rhythm r ON r.account_id = s.account_id
    WHERE r.order_days >= 3)
  WHERE n >= 24 AND month_no <= n
  GROUP BY account_id, month_no, calendar_month, n, first_month
), lagged AS (
  SELECT t.account_id, CAST(sum(t.orders * b.orders) AS BIGINT) AS products
  FROM monthly t JOIN monthly b ON b.account_id = t.account_id AND b.month_no = t.month_no - 12
  GROUP BY t.account_id
), moments AS (
  -- Months without an order add nothing to these sums, so they need no rows.
  SELECT account_id, min(n) AS n, CAST(sum(orders) AS DOUBLE) AS total, CAST(sum(orders * orders) AS DOUBLE) AS squares,
         CAST(coalesce(sum(orders) FILTER (WHERE month_no > 12), 0) AS DOUBLE) AS late, CAST(coalesce(sum(orders) FILTER (WHERE month_no <= n - 12), 0) AS DOUBLE) AS early
  FROM monthly GROUP BY account_id
), season AS (
  SELECT m.account_id, ratio(coalesce(l.products, 0) - m.total / m.n * (m.late + m.early) + (m.n - 12) * (m.total / m.n) * (m.total / m.n),
                             m.squares - m.total * m.total / m.n) AS strength
  FROM moments m LEFT JOIN lagged l ON l.account_id = m.account_id
), peak AS (
  SELECT account_id, arg_max(calendar_month, (per_year, -calendar_month)) AS seasonal_month FROM (
    SELECT account_id, calendar_month, CAST(sum(orders) AS DOUBLE) / (n // 12 + CASE WHEN (calendar_month - first_month + 12) % 12 < n % 12 THEN 1 ELSE 0 END) AS per_year
    FROM monthly GROUP BY account_id, calendar_month, n, first_month)
  GROUP BY account_id
),

judged AS (
  SELECT *, days_between(last_on, as_of()) AS silence, CASE WHEN order_days >= 3 THEN last_on + CAST(round(median_gap) AS INTEGER) END AS expected_on,
         CASE WHEN order_days < 3 THEN 'insufficient_history'
              WHEN days_between(last_on, as_of()) > param('purchases.lapsed_factor') * p90_gap THEN 'lapsed'
              WHEN days_between(last_on, as_of()) > p90_gap THEN 'slowing' ELSE 'active' END AS purchase_status
  FROM rhythm
), cause AS (
  SELECT j.account_id, i.incident_kind, count(*) AS incidents, max(i.happened_on) AS last_on,
         least(count(*), param('purchases.cause_cap')) * CASE i.incident_kind
           WHEN 'price_increase' THEN param('purchases.cause_weights.price_increase') WHEN 'sla_breach' THEN param('purchases.cause_weights.sla_breach')
           WHEN 'dispute' THEN param('purchases.cause_weights.dispute') WHEN 'competitor_mention' THEN param('purchases.cause_weights.competitor_mention')
           WHEN 'contact_left' THEN param('purchases.cause_weights.contact_left') END AS strength
  FROM judged j JOIN gold.account_incidents i ON i.account_id = j.account_id
  WHERE j.purchase_status IN ('slowing', 'lapsed') AND i.happened_on <= j.expected_on AND i.happened_on > days_before(j.expected_on, param('purchases.cause_days'))
    AND i.incident_kind IN ('price_increase', 'sla_breach', 'dispute', 'competitor_mention', 'contact_left')
  GROUP BY j.account_id, i.incident_kind
), strongest AS (
  SELECT account_id, arg_max(incident_kind, (strength, last_on, incident_kind)) AS incident_kind, arg_max(incidents, (strength, last_on, incident_kind)) AS incidents,
         arg_max(last_on, (strength, last_on, incident_kind)) AS last_on
  FROM cause GROUP BY account_id
), named AS (
  SELECT account_id, last_on, incidents, CASE incident_kind WHEN 'price_increase' THEN 'price change' WHEN 'sla_breach' THEN 'SLA breach' WHEN 'dispute' THEN 'dispute'
                                              WHEN 'competitor_mention' THEN 'competitor mention' ELSE 'contact left' END AS reason,
         CASE incident_kind WHEN 'price_increase' THEN counted(incidents, 'price increase', 'price increases')
                            WHEN 'sla_breach' THEN counted(incidents, 'missed service target', 'missed service targets')
                            WHEN 'dispute' THEN counted(incidents, 'disputed invoice', 'disputed invoices')
                            WHEN 'competitor_mention' THEN counted(incidents, 'deal that named a competitor', 'deals that named a competitor')
                            ELSE counted(incidents, 'contact who left', 'contacts who left') END AS what
  FROM strongest
)
SELECT as_of() AS as_of_date, j.account_id, j.master_account_id, j.orders_total, j.orders_12m, j.orders_prior_12m,
       j.first_on AS first_order_on, j.last_on AS last_order_on, j.silence AS days_since_last_order,
       CASE WHEN j.order_days >= 3 THEN j.median_gap END AS median_interval_days, CASE WHEN j.order_days >= 3 THEN j.p90_gap END AS interval_p90_days,
       CASE WHEN j.gaps >= 2 THEN sqrt(greatest(j.gap_squares - CAST(j.gap_sum AS DOUBLE) * j.gap_sum / j.gaps, 0) / (j.gaps - 1)) / (CAST(j.gap_sum AS DOUBLE) / j.gaps) END AS interval_cv,
       j.expected_on AS next_order_expected_on, CASE WHEN s.strength >= param('purchases.min_seasonality') THEN p.seasonal_month END AS seasonal_month, s.strength AS seasonality_strength,
       CASE WHEN c.first_on <= months_before(as_of(), 24) + 1 THEN ratio(j.orders_12m, j.orders_prior_12m) - 1 END AS trend_12m, j.annual_order_value_usd,
       o.p_alive, o.expected_orders_90d, j.purchase_status,
       CASE WHEN j.purchase_status IN ('slowing', 'lapsed') THEN coalesce(n.reason, 'no cause on record') END AS lapse_reason,
       CASE WHEN j.purchase_status IN ('slowing', 'lapsed')
            THEN coalesce(n.what, 'No cause on record') || ' in the ' || counted(param('purchases.cause_days'), 'day', 'days') || ' before an order was due on ' || j.expected_on
                 || coalesce(', last on ' || n.last_on, '') || '.' END AS lapse_evidence
FROM judged j
JOIN source c ON c.source_region IS NOT DISTINCT FROM j.source_region
LEFT JOIN season s ON s.account_id = j.account_id
LEFT JOIN peak p ON p.account_id = j.account_id
LEFT JOIN named n ON n.account_id = j.account_id
LEFT JOIN gold.order_model o ON o.account_id = j.account_id
