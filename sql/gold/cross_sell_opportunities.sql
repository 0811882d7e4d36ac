-- grain: automatically detected opportunity
-- key: opportunity_flag_id
-- storage: single
--
-- Where more business may be had, or is about to be lost, for active customers (decision_due:
-- for everybody):
--   cross_sell           the customer has A and not B, and customers of its segment with A have
--                        B more often than others (product_affinity: enough of them, lower bound
--                        of lift above 1); the A with the strongest lift is named
--   upsell               more than upsell.utilization of an allowance used in at least
--                        upsell.weeks_over of the last four weeks
--   enterprise_pricing   revenue grew by more than enterprise_pricing.growth, and is above the
--                        given quantile of accounts of its tier
--   declining_frequency  purchase_status slowing or lapsed
--   seasonal_order       the season of a buyer begins within seasonal_order.notice_days
--   decision_due         an open deal as old as won deals were between the two given quantiles
-- A customer's cross_sell stands at the account that spends most on A, ties by id.
WITH active AS (
  SELECT s.account_id, s.master_account_id, p.segment
  FROM gold.account_status s JOIN gold.master_primary p ON p.master_account_id = s.master_account_id AND p.until_month = DATE '9999-12-01'
  WHERE s.customer_status = 'active'
),

rule AS (
  SELECT segment, has_family, target_family, customers_with_both, customers_with_has, lift, support, adoption_rate, median_mrr_usd
  FROM gold.product_affinity
  WHERE customers_with_both >= param('affinity.min_customers') AND lift_low > 1
), offer AS (
  SELECT h.master_account_id, h.account_id, r.*,
         row_number() OVER (PARTITION BY h.master_account_id, r.target_family ORDER BY r.lift DESC, r.has_family, h.monthly_value_usd DESC NULLS LAST, h.account_id) AS rank
  FROM gold.family_holdings h
  JOIN active a ON a.account_id = h.account_id
  JOIN rule r ON r.segment = a.segment AND r.has_family = h.product_family
  ANTI JOIN gold.family_holdings b ON b.master_account_id = h.master_account_id AND b.product_family = r.target_family
), cross_sell AS (
  SELECT master_account_id, account_id, 'cross_sell' AS flag_type, target_family AS product_family, has_family AS because_product_family, '' AS source_id, lift, support,
         adoption_rate AS likelihood, CAST(median_mrr_usd * 12 AS DECIMAL(18,2)) AS annual_value_usd, CAST(NULL AS DATE) AS due_on,
         'Of ' || counted(customers_with_has, segment || ' customer', segment || ' customers') || ' with ' || has_family || ', ' || format('{:,d}', customers_with_both) || ' also have ' || target_family
           || ', ' || format('{:.2f}', lift) || ' times the share of all ' || segment || ' customers; this customer does not.' AS evidence
  FROM offer WHERE rank = 1
),

pressed AS (
  SELECT account_id, asset_id, product_id, usage_type, min(product_family) AS product_family, count(*) FILTER (WHERE utilization > param('upsell.utilization')) AS weeks_over, max(utilization) AS most
  FROM gold.allowance_weeks GROUP BY account_id, asset_id, product_id, usage_type
), upsell AS (
  SELECT a.master_account_id, p.account_id, 'upsell', p.product_family, p.product_family, p.asset_id || '/' || p.product_id || '/' || p.usage_type, NULL, NULL, param('upsell.likelihood'),
         CAST(round(coalesce(s.mrr_usd, h.monthly_value_usd) * 12 * CAST(param('upsell.value_share') AS DECIMAL(9,4)), 2) AS DECIMAL(18,2)), NULL,
         'More than ' || percent_text(param('upsell.utilization')) || ' of the ' || p.usage_type || ' allowance was used in ' || p.weeks_over || ' of the last four weeks, ' || percent_text(p.most) || ' of it in the busiest.'
  FROM pressed p
  JOIN active a ON a.account_id = p.account_id
  LEFT JOIN gold.services s ON s.asset_id = p.asset_id
  LEFT JOIN gold.family_holdings h ON h.account_id = p.account_id AND h.product_family = p.product_family
  WHERE p.weeks_over >= param('upsell.weeks_over')
),

spend AS (
  SELECT m.account_id, a.master_account_id, coalesce(t.tier, a.segment) AS tier, m.revenue_ttm_usd, m.revenue_prior_ttm_usd,
         CASE WHEN m.has_24_months AND m.revenue_prior_ttm_usd > 0 THEN ratio(m.revenue_ttm_usd - m.revenue_prior_ttm_usd, m.revenue_prior_ttm_usd) END AS growth
  FROM gold.account_metrics m
  JOIN active a ON a.account_id = m.account_id
  JOIN silver.account t ON t.account_id = m.account_id
  WHERE m.revenue_ttm_usd > 0
), tier_limit AS (
  SELECT tier, exact_quantile(revenue_ttm_usd, param('enterprise_pricing.spend_quantile')) AS least_spend FROM spend GROUP BY tier
), enterprise_pricing AS (
  SELECT s.master_account_id, s.account_id, 'enterprise_pricing', 'ALL', NULL, '', NULL, NULL, param('enterprise_pricing.likelihood'),
         s.revenue_ttm_usd - s.revenue_prior_ttm_usd, NULL,
         'Revenue grew by ' || percent_text(s.growth) || ' to ' || usd_text(s.revenue_ttm_usd) || ' in the last 12 months, more than '
           || percent_text(param('enterprise_pricing.spend_quantile')) || ' of ' || s.tier || ' accounts spend.'
  FROM spend s JOIN tier_limit t ON t.tier = s.tier
  WHERE s.growth > param('enterprise_pricing.growth') AND s.revenue_ttm_usd > t.least_spend
),

declining_frequency AS (
  SELECT p.master_account_id, p.account_id, 'declining_frequency', 'ALL', NULL, '', NULL, NULL, p.p_alive, p.annual_order_value_usd, p.next_order_expected_on,
         'Usually orders every ' || counted(round(p.median_interval_days), 'day', 'days') || '; the last order was ' || counted(p.days_since_last_order, 'day', 'days') || ' ago, on ' || p.last_order_on || '. ' || p.lapse_evidence
  FROM gold.purchase_patterns p JOIN active a ON a.account_id = p.account_id
  WHERE p.purchase_status IN ('slowing', 'lapsed')
),

seasonal AS (
  SELECT p.*, CAST(make_date(year(as_of()), p.seasonal_month, 1) + CASE WHEN p.seasonal_month <= month(as_of()) THEN INTERVAL 1 YEAR ELSE INTERVAL 0 YEAR END AS DATE) AS season_on
  FROM gold.purchase_patterns p JOIN active a ON a.account_id = p.account_id
  WHERE p.seasonal_month IS NOT NULL AND p.purchase_status <> 'lapsed'
), seasonal_order AS (
  SELECT master_account_id, account_id, 'seasonal_order', 'ALL', NULL, '', NULL, NULL, p_alive, annual_order_value_usd,
         greatest(days_before(season_on, param('seasonal_order.lead_days')), as_of()),
         'Orders peak every ' || strftime(season_on, '%B') || '; the next season begins in ' || counted(days_between(as_of(), season_on), 'day', 'days') || '. ' || counted(orders_total, 'order', 'orders') || ' since ' || first_order_on || ' show the pattern.'
  FROM seasonal WHERE days_between(as_of(), season_on) <= param('seasonal_order.notice_days')
),

cycle AS (
  SELECT exact_quantile(sales_cycle_days, param('decision_due.from_quantile')) AS first_day, exact_quantile(sales_cycle_days, param('decision_due.to_quantile')) AS last_day
  FROM gold.opportunities
  WHERE status = 'won' AND counts_for_win_rate AND sales_cycle_days IS NOT NULL AND day_of(closed_at) <= as_of()
    AND day_of(closed_at) > months_before(as_of(), param('opportunities.win_rate_window_months'))
  HAVING count(*) >= param('opportunities.stalled_min_n')
), decision_due AS (
  SELECT o.master_account_id, o.account_id, 'decision_due', coalesce(o.product_line, 'ALL'), NULL, o.opportunity_id, NULL, NULL, o.win_probability, o.deal_value_usd,
         CASE WHEN o.close_date >= as_of() THEN o.close_date ELSE day_of(o.created_at) + CAST(c.last_day AS INTEGER) END,
         'The deal "' || coalesce(o.opportunity_name, o.opportunity_id) || '" has been open for ' || counted(o.days_open, 'day', 'days') || '; won deals mostly took '
           || format('{:.0f} to {:.0f} days', c.first_day, c.last_day) || '.' || coalesce(' It is in stage ' || o.stage_name || '.', '')
           || coalesce(CASE WHEN o.close_date < as_of() THEN ' It was expected to close on ' ELSE ' It is expected to close on ' END || o.close_date || '.', '')
  FROM gold.opportunities o CROSS JOIN cycle c
  WHERE o.status = 'open' AND o.master_account_id IS NOT NULL AND o.days_open >= c.first_day AND o.days_open <= c.last_day
),
flag AS (
  SELECT * FROM cross_sell UNION ALL SELECT * FROM upsell UNION ALL SELECT * FROM enterprise_pricing
  UNION ALL SELECT * FROM declining_frequency UNION ALL SELECT * FROM seasonal_order UNION ALL SELECT * FROM decision_due
)
SELECT row_id(['flag', flag_type, account_id, product_family, source_id, strftime(as_of(), '%Y-%m')]) AS opportunity_flag_id, as_of() AS as_of_date,
       master_account_id AS customer_id, account_id, flag_type, product_family, because_product_family, source_id, lift, support, likelihood, annual_value_usd,
       CAST(round(CAST(annual_value_usd AS DOUBLE) * likelihood, 2) AS DECIMAL(18,2)) AS expected_value_usd, due_on, evidence
FROM flag
