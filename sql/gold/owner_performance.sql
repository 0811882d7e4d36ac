-- grain: owner x quarter
-- key: quarter_start, owner_id
-- storage: single
--
-- What each account owner achieved. Accounts, revenue, MRR and risk go to who owned the account
-- at the end of the quarter (from the account's history; the as-of date in the running quarter),
-- deals to the owner of the opportunity, activities to who did them. Accounts without owner have
-- none here. Rates are of the deals closed in the quarter, NULL below owners.min_closed of them.
--
-- Open pipeline at the end of a past quarter comes from pipeline_daily, at the rates of the
-- time, and is NULL before its window; high_risk_accounts from the scores kept for the quarter's end, NULL where none were.
-- proactive_opportunities: opened by the owner at a customer that did not ask, that is neither
-- new business nor a renewal nor from one of owners.inbound_lead_sources.
WITH quarter AS (
  SELECT CAST(unnest(generate_series(date_trunc('quarter', (SELECT min(month_start) FROM (SELECT min(month_start) AS month_start FROM gold.revenue_metrics
           UNION ALL SELECT min(month_start) FROM gold.mrr_monthly UNION ALL SELECT CAST(min(day_of(created_at)) AS DATE) FROM gold.opportunities))),
           date_trunc('quarter', as_of()), INTERVAL 3 MONTH)) AS DATE) AS quarter_start
), span AS (
  SELECT quarter_start, least(CAST(quarter_start + INTERVAL 3 MONTH AS DATE) - 1, as_of()) AS last_on FROM quarter
), account AS (
  SELECT m.account_id, m.owner_id, CAST(date_trunc('quarter', coalesce(day_of(a.created_at), DATE '1900-01-01')) AS DATE) AS from_quarter
  FROM gold.account_members m JOIN silver.account a ON a.account_id = m.account_id
), version AS (
  SELECT account_id, day_of(valid_from) AS from_day, owner_id, row_number() OVER (PARTITION BY account_id ORDER BY valid_from) AS version_no
  FROM silver.account_history WHERE owner_id IS NOT NULL
), changing AS (
  SELECT account_id FROM version GROUP BY account_id HAVING min(owner_id) <> max(owner_id)
), owned AS (
  -- Accounts that changed hands: their owner at the end of each quarter.
  SELECT a.quarter_start, a.account_id, CASE WHEN a.last_on = as_of() THEN a.owner_id ELSE coalesce(v.owner_id, f.owner_id) END AS owner_id
  FROM (SELECT a.*, s.quarter_start, s.last_on FROM account a JOIN changing c ON c.account_id = a.account_id JOIN span s ON s.quarter_start >= a.from_quarter) a
  ASOF LEFT JOIN version v ON v.account_id = a.account_id AND v.from_day <= a.last_on
  LEFT JOIN version f ON f.account_id = a.account_id AND f.version_no = 1
), steady AS (
  SELECT account_id, owner_id, from_quarter FROM account WHERE account_id NOT IN (SELECT account_id FROM changing)
),
fact AS (
  SELECT quarter_start, owner_id, account_id, 'account' AS kind, CAST(NULL AS DECIMAL(18,2)) AS amount FROM owned
  UNION ALL
  SELECT CAST(date_trunc('quarter', r.month_start) AS DATE), coalesce(o.owner_id, s.owner_id), r.account_id, 'revenue', r.revenue_usd
  FROM gold.revenue_metrics r
  LEFT JOIN owned o ON o.account_id = r.account_id AND o.quarter_start = date_trunc('quarter', r.month_start)
  LEFT JOIN steady s ON s.account_id = r.account_id
  UNION ALL
  SELECT p.quarter_start, coalesce(o.owner_id, s.owner_id), m.account_id, 'mrr', m.mrr_usd
  FROM gold.mrr_monthly m
  JOIN span p ON date_trunc('month', p.last_on) = m.month_start
  LEFT JOIN owned o ON o.account_id = m.account_id AND o.quarter_start = p.quarter_start
  LEFT JOIN steady s ON s.account_id = m.account_id
  UNION ALL
  SELECT p.quarter_start, coalesce(o.owner_id, s.owner_id), r.account_id, CASE WHEN r.risk_level = 'HIGH' THEN 'high_risk' ELSE 'scored' END, NULL
  FROM (SELECT as_of_date, account_id, risk_level FROM past.churn_risk WHERE is_primary
        UNION ALL SELECT as_of_date, account_id, risk_level FROM gold.churn_risk WHERE is_primary AND as_of_date = as_of()) r
  JOIN span p ON p.last_on = r.as_of_date
  LEFT JOIN owned o ON o.account_id = r.account_id AND o.quarter_start = p.quarter_start
  LEFT JOIN steady s ON s.account_id = r.account_id
  UNION ALL
  SELECT p.quarter_start, d.owner_id, d.account_id, u.kind,
         CASE u.kind WHEN 'open' THEN d.amount_usd ELSE d.weighted_usd END
  FROM (SELECT snapshot_date AS day, owner_id, account_id, amount_usd, CAST(round(amount_usd * CAST(probability AS DECIMAL(9,4)) / 100, 2) AS DECIMAL(18,2)) AS weighted_usd
        FROM gold.pipeline_daily WHERE snapshot_date < as_of()
        UNION ALL SELECT as_of(), owner_id, account_id, deal_value_usd, weighted_amount_usd FROM gold.opportunities WHERE status = 'open') d
  JOIN span p ON p.last_on = d.day
  CROSS JOIN (SELECT unnest(['open', 'weighted']) AS kind) u
  UNION ALL
  SELECT CAST(date_trunc('quarter', day_of(completed_at)) AS DATE), owner_id, account_id, 'activity', NULL
  FROM silver.activity WHERE completed_at < as_of_end() AND coalesce(was_held, true)
  UNION ALL
  SELECT CAST(date_trunc('quarter', day_of(created_at)) AS DATE), owner_id, account_id, 'proactive', NULL
  FROM gold.opportunities
  WHERE NOT is_renewal AND NOT has_item(param_list('owners.new_business_types'), opportunity_type) AND NOT has_item(param_list('owners.inbound_lead_sources'), lead_source)
), summed AS (
  SELECT quarter_start, owner_id, count(*) FILTER (WHERE kind = 'account') AS moved_accounts,
         sum(amount) FILTER (WHERE kind = 'revenue') AS revenue_usd, sum(amount) FILTER (WHERE kind = 'mrr') AS mrr_usd,
         count(*) FILTER (WHERE kind = 'high_risk') AS high_risk_accounts,
         sum(amount) FILTER (WHERE kind = 'open') AS open_pipeline_usd, sum(amount) FILTER (WHERE kind = 'weighted') AS weighted_pipeline_usd,
         count(*) FILTER (WHERE kind = 'activity') AS activities, count(*) FILTER (WHERE kind = 'proactive') AS proactive_opportunities
  FROM fact WHERE owner_id IS NOT NULL AND quarter_start IS NOT NULL GROUP BY quarter_start, owner_id
), deal AS (
  SELECT CAST(date_trunc('quarter', day_of(closed_at)) AS DATE) AS quarter_start, owner_id,
         count(*) FILTER (WHERE status = 'won') AS won, count(*) FILTER (WHERE status = 'lost') AS lost,
         sum(deal_value_usd) FILTER (WHERE status = 'won') AS won_usd, sum(deal_value_usd) AS closed_usd,
         ratio(sum(deal_value_usd) FILTER (WHERE status = 'won' AND deal_value_usd > 0), count(*) FILTER (WHERE status = 'won' AND deal_value_usd > 0)) AS deal_size,
         ratio(sum(sales_cycle_days) FILTER (WHERE status = 'won'), count(sales_cycle_days) FILTER (WHERE status = 'won')) AS cycle_days,
         count(*) FILTER (WHERE status = 'won' AND NOT is_renewal) AS won_new, count(*) FILTER (WHERE NOT is_renewal) AS closed_new,
         exact_quantile(CASE WHEN status = 'won' AND deal_value_usd > 0 THEN deal_value_usd END, 0.5) AS median_size,
         exact_quantile(CASE WHEN status = 'won' THEN sales_cycle_days END, 0.5) AS median_days
  FROM gold.opportunities WHERE counts_for_win_rate AND day_of(closed_at) <= as_of() AND owner_id IS NOT NULL
  GROUP BY CAST(date_trunc('quarter', day_of(closed_at)) AS DATE), owner_id
), held AS (
  SELECT s.quarter_start, t.owner_id, sum(t.accounts) AS accounts
  FROM (SELECT owner_id, from_quarter, count(*) AS accounts FROM steady WHERE owner_id IS NOT NULL GROUP BY owner_id, from_quarter) t
  JOIN span s ON s.quarter_start >= t.from_quarter
  GROUP BY s.quarter_start, t.owner_id
), owner AS (
  SELECT quarter_start, owner_id FROM summed UNION SELECT quarter_start, owner_id FROM deal UNION SELECT quarter_start, owner_id FROM held
), known AS (
  SELECT p.quarter_start, coalesce(p.last_on >= (SELECT min(snapshot_date) FROM gold.pipeline_daily), false) OR (p.last_on = as_of() AND EXISTS (SELECT 1 FROM gold.opportunities)) AS has_pipeline,
         EXISTS (SELECT 1 FROM past.churn_risk r WHERE r.as_of_date = p.last_on) OR (p.last_on = as_of() AND EXISTS (SELECT 1 FROM gold.churn_risk)) AS has_risk
  FROM span p
)
SELECT o.quarter_start, o.owner_id, u.user_name AS owner_name, u.manager_user_id, u.territory_id,
       coalesce(s.moved_accounts, 0) + coalesce(h.accounts, 0) AS accounts, s.revenue_usd, s.mrr_usd,
       coalesce(d.won_usd, CASE WHEN coalesce(d.won, 0) = 0 THEN 0 END) AS bookings_usd, coalesce(d.won, 0) AS won, coalesce(d.lost, 0) AS lost,
       ratio(d.won, d.won + d.lost, param('owners.min_closed')) AS win_rate,
       CASE WHEN d.won + d.lost >= param('owners.min_closed') THEN ratio(coalesce(d.won_usd, 0), d.closed_usd) END AS win_rate_amount,
       ratio(d.won_new, d.closed_new, param('owners.min_closed')) AS win_rate_new,
       CAST(round(d.deal_size, 2) AS DECIMAL(18,2)) AS avg_deal_size_usd, CAST(round(d.median_size, 2) AS DECIMAL(18,2)) AS median_deal_size_usd,
       d.cycle_days AS sales_cycle_days, d.median_days AS median_sales_cycle_days,
       coalesce(s.open_pipeline_usd, CASE WHEN k.has_pipeline THEN 0 END) AS open_pipeline_usd,
       coalesce(s.weighted_pipeline_usd, CASE WHEN k.has_pipeline THEN 0 END) AS weighted_pipeline_usd,
       coalesce(s.activities, 0) AS activities, CASE WHEN k.has_risk THEN coalesce(s.high_risk_accounts, 0) END AS high_risk_accounts,
       coalesce(s.proactive_opportunities, 0) AS proactive_opportunities
FROM owner o
JOIN known k ON k.quarter_start = o.quarter_start
LEFT JOIN summed s ON s.quarter_start = o.quarter_start AND s.owner_id = o.owner_id
LEFT JOIN held h ON h.quarter_start = o.quarter_start AND h.owner_id = o.owner_id
LEFT JOIN deal d ON d.quarter_start = o.quarter_start AND d.owner_id = o.owner_id
LEFT JOIN silver."user" u ON u.user_id = o.owner_id
