-- grain: region x month
-- key: month_start, region
-- storage: single
--
-- How each region does. customers are global customers with MRR in the region at month end or
-- revenue there in one of the twelve months to it (in the running month: MRR or revenue of the
-- twelve months to the as-of date above 0); one customer may be in two regions. new_customers
-- and churned_customers follow mrr_movements, so a service moved between two regions of one
-- customer is neither. Win rate, deal size and cycle: deals closed in the 24 months to the
-- month end (opportunities.win_rate_window_months). nps: the latest answer of each contact in
-- twelve months. sla_compliance: milestones of the cases created in the month. Health and risk
-- come from the scores kept for the month end and are NULL where none were; CLV is known only
-- for the month of the as-of date. Amounts sum over regions to the totals.
WITH member AS (
  SELECT account_id, master_account_id, region FROM gold.account_members
), mrr AS (
  SELECT month_start, region, sum(mrr_usd) AS mrr_usd FROM gold.mrr_monthly GROUP BY month_start, region
), revenue AS (
  SELECT month_start, region, sum(revenue_usd) AS revenue_usd FROM gold.revenue_metrics GROUP BY month_start, region
),

-- Months in which a customer counts for a region: revenue reaches as far as the next, at most a year.
paid AS (
  SELECT month_start, region, master_account_id, lead(month_start) OVER (PARTITION BY region, master_account_id ORDER BY month_start) AS next_month
  FROM (SELECT month_start, region, master_account_id FROM gold.revenue_metrics WHERE master_account_id IS NOT NULL
        GROUP BY month_start, region, master_account_id HAVING sum(revenue_usd) > 0)
), present AS (
  SELECT month_start, region, master_account_id FROM gold.mrr_monthly WHERE mrr_usd > 0 AND master_account_id IS NOT NULL AND month_start < this_month()
  UNION
  SELECT CAST(unnest(generate_series(month_start, least(month_start + INTERVAL 11 MONTH, next_month - INTERVAL 1 MONTH, this_month() - INTERVAL 1 MONTH), INTERVAL 1 MONTH)) AS DATE), region, master_account_id
  FROM paid
  UNION
  SELECT this_month(), region, master_account_id FROM gold.account_metrics WHERE (mrr_usd > 0 OR revenue_ttm_usd > 0) AND master_account_id IS NOT NULL
), customer AS (
  SELECT month_start, region, count(*) AS customers FROM present GROUP BY month_start, region
), moved AS (
  SELECT month_start, coalesce(primary_region, 'UNKNOWN') AS region, count(*) FILTER (WHERE movement_type = 'new') AS new_customers,
         count(*) FILTER (WHERE movement_type = 'churn') AS churned_customers
  FROM gold.mrr_movements GROUP BY month_start, coalesce(primary_region, 'UNKNOWN')
),
sla AS (
  SELECT CAST(date_trunc('month', day_of(created_at)) AS DATE) AS month_start, region, ratio(sum(milestones_met), sum(milestones_due)) AS sla_compliance
  FROM gold.support_cases WHERE created_at IS NOT NULL GROUP BY CAST(date_trunc('month', day_of(created_at)) AS DATE), region
), nps AS (
  SELECT n.month_start, m.region, ratio(100 * (sum(n.promoters) - sum(n.detractors)), sum(n.responses), param('surveys.min_n')) AS nps
  FROM gold.nps_trailing n JOIN member m ON m.account_id = n.account_id
  GROUP BY n.month_start, m.region
),

-- The scores kept for the end of each month, else those of the as-of date.
scores AS (
  SELECT as_of_date, account_id, health_score, CAST(NULL AS VARCHAR) AS risk_level FROM past.health_score WHERE is_primary AND as_of_date = last_day(as_of_date) AND as_of_date < this_month()
  UNION ALL
  SELECT as_of_date, account_id, NULL, risk_level FROM past.churn_risk WHERE is_primary AND as_of_date = last_day(as_of_date) AND as_of_date < this_month()
  UNION ALL
  SELECT as_of_date, account_id, health_score, NULL FROM gold.health_score WHERE is_primary AND as_of_date = as_of()
  UNION ALL
  SELECT as_of_date, account_id, NULL, risk_level FROM gold.churn_risk WHERE is_primary AND as_of_date = as_of()
), scored AS (
  SELECT CAST(date_trunc('month', s.as_of_date) AS DATE) AS month_start, m.region, exact_mean(s.health_score) AS avg_health_score,
         CASE WHEN count(s.risk_level) > 0 THEN count(DISTINCT m.master_account_id) FILTER (WHERE s.risk_level = 'HIGH') END AS high_risk_customers
  FROM scores s JOIN member m ON m.account_id = s.account_id
  GROUP BY CAST(date_trunc('month', s.as_of_date) AS DATE), m.region
), clv AS (
  SELECT m.region, exact_mean(c.clv_usd) AS avg_clv_usd
  FROM gold.clv c JOIN gold.account_status s ON s.account_id = c.account_id AND s.customer_status = 'active' JOIN member m ON m.account_id = c.account_id
  WHERE c.as_of_date = as_of() GROUP BY m.region
),
first_seen AS (
  SELECT region, min(month_start) FILTER (WHERE kind = 'mrr') AS mrr_from, min(month_start) FILTER (WHERE kind = 'revenue') AS revenue_from, min(month_start) AS from_month
  FROM (SELECT region, month_start, 'mrr' AS kind FROM mrr UNION ALL SELECT region, month_start, 'revenue' FROM revenue
        UNION ALL SELECT region, month_start, 'sla' FROM sla UNION ALL SELECT region, month_start, 'deals' FROM gold.sales_monthly)
  GROUP BY region
), cell AS (
  SELECT region, mrr_from, revenue_from, CAST(unnest(generate_series(from_month, this_month(), INTERVAL 1 MONTH)) AS DATE) AS month_start FROM first_seen
)
SELECT g.month_start, g.region,
       CASE WHEN g.month_start >= least(g.mrr_from, g.revenue_from) THEN coalesce(c.customers, 0) END AS customers,
       CASE WHEN g.month_start >= g.mrr_from THEN coalesce(v.new_customers, 0) END AS new_customers,
       CASE WHEN g.month_start >= g.mrr_from THEN coalesce(v.churned_customers, 0) END AS churned_customers,
       coalesce(r.revenue_usd, CASE WHEN g.month_start >= g.revenue_from AND r.region IS NULL THEN 0 END) AS revenue_usd,
       coalesce(m.mrr_usd, CASE WHEN g.month_start >= g.mrr_from AND m.region IS NULL THEN 0 END) AS mrr_usd,
       t.nrr AS nrr_12m, d.win_rate, d.win_rate_new, d.avg_deal_size_usd, d.median_deal_size_usd, d.sales_cycle_days, d.median_sales_cycle_days,
       CASE WHEN g.month_start = this_month() THEN CAST(round(l.avg_clv_usd, 2) AS DECIMAL(18,2)) END AS avg_clv_usd,
       n.nps, s.avg_health_score, s.high_risk_customers, a.sla_compliance, last_day(g.month_start) <= as_of() AS is_closed_month
FROM cell g
LEFT JOIN customer c ON c.month_start = g.month_start AND c.region = g.region
LEFT JOIN moved v ON v.month_start = g.month_start AND v.region = g.region
LEFT JOIN revenue r ON r.month_start = g.month_start AND r.region = g.region
LEFT JOIN mrr m ON m.month_start = g.month_start AND m.region = g.region
LEFT JOIN gold.retention_monthly t ON t.month_start = g.month_start AND t.dimension = 'region' AND t.dimension_value = g.region AND t.window_months = 12
LEFT JOIN gold.sales_monthly d ON d.month_start = g.month_start AND d.region = g.region
LEFT JOIN nps n ON n.month_start = g.month_start AND n.region = g.region
LEFT JOIN scored s ON s.month_start = g.month_start AND s.region = g.region
LEFT JOIN sla a ON a.month_start = g.month_start AND a.region = g.region
LEFT JOIN clv l ON l.region = g.region
