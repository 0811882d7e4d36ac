-- grain: region x product family x month
-- key: month_start, region, product_family
-- storage: single
--
-- What each region sells. customers are global customers with MRR of the family at month end
-- or revenue from it in the month. active_services are services active at month end, in the
-- running month at the as-of date. A measure is 0 only from the first month in which the
-- region has any value of it, before that NULL. revenue_share is of the region's revenue of the
-- month. avg_clv_usd is the mean over the accounts behind customers, known only for the month
-- of the as-of date. Amounts and services sum to the totals of mrr_monthly, revenue_metrics
-- and services.
WITH service AS (
  SELECT region, product_family, activated_on, ended_on FROM gold.services
  WHERE activated_on <= as_of() AND active_on(activated_on, activated_on, ended_on, NULL, status)
), service_step AS (
  -- In from the month of activation, out from the first month whose end it does not see.
  SELECT region, product_family, CAST(date_trunc('month', activated_on) AS DATE) AS month_start, 1 AS step FROM service
  UNION ALL
  SELECT region, product_family,
         CAST(date_trunc('month', ended_on) + CASE WHEN ended_on = least(last_day(ended_on), as_of()) THEN INTERVAL 1 MONTH ELSE INTERVAL 0 MONTH END AS DATE), -1
  FROM service WHERE ended_on IS NOT NULL
), service_month AS (
  SELECT region, product_family, month_start, sum(step) AS step FROM service_step GROUP BY region, product_family, month_start
), mrr AS (
  SELECT region, product_family, month_start, sum(mrr_usd) AS mrr_usd FROM gold.mrr_monthly GROUP BY region, product_family, month_start
), revenue AS (
  SELECT region, product_family, month_start, sum(revenue_usd) AS revenue_usd FROM gold.revenue_metrics GROUP BY region, product_family, month_start
), issue AS (
  SELECT region, product_family, CAST(date_trunc('month', day_of(created_at)) AS DATE) AS month_start, count(*) AS cases
  FROM gold.support_cases WHERE created_at IS NOT NULL
  GROUP BY region, product_family, CAST(date_trunc('month', day_of(created_at)) AS DATE)
),
payer AS (
  SELECT month_start, region, product_family, account_id, master_account_id FROM gold.mrr_monthly WHERE mrr_usd > 0
  UNION
  SELECT month_start, region, product_family, account_id, master_account_id FROM gold.revenue_metrics WHERE revenue_usd > 0
), customer AS (
  SELECT month_start, region, product_family, count(DISTINCT master_account_id) AS customers
  FROM payer GROUP BY month_start, region, product_family
), lifetime AS (
  SELECT p.region, p.product_family, p.month_start, exact_mean(c.clv_usd) AS avg_clv_usd
  FROM payer p JOIN gold.clv c ON c.account_id = p.account_id AND c.as_of_date = as_of()
  WHERE p.month_start = this_month()
  GROUP BY p.region, p.product_family, p.month_start
),
first_seen AS (
  SELECT region, min(month_start) FILTER (WHERE kind = 'service') AS services_from, min(month_start) FILTER (WHERE kind = 'mrr') AS mrr_from,
         min(month_start) FILTER (WHERE kind = 'revenue') AS revenue_from, min(month_start) FILTER (WHERE kind = 'case') AS cases_from
  FROM (SELECT region, month_start, 'service' AS kind FROM service_month UNION ALL SELECT region, month_start, 'mrr' FROM mrr
        UNION ALL SELECT region, month_start, 'revenue' FROM revenue UNION ALL SELECT region, month_start, 'case' FROM issue)
  GROUP BY region
), family AS (
  SELECT region, product_family, min(month_start) AS from_month
  FROM (SELECT region, product_family, month_start FROM service_month UNION ALL SELECT region, product_family, month_start FROM mrr
        UNION ALL SELECT region, product_family, month_start FROM revenue UNION ALL SELECT region, product_family, month_start FROM issue)
  GROUP BY region, product_family
), cell AS (
  SELECT region, product_family, CAST(unnest(generate_series(from_month, this_month(), INTERVAL 1 MONTH)) AS DATE) AS month_start FROM family
), filled AS (
  SELECT g.month_start, g.region, g.product_family,
         CASE WHEN g.month_start >= f.services_from
              THEN coalesce(sum(s.step) OVER (PARTITION BY g.region, g.product_family ORDER BY g.month_start ROWS UNBOUNDED PRECEDING), 0) END AS active_services,
         coalesce(m.mrr_usd, CASE WHEN g.month_start >= f.mrr_from AND m.region IS NULL THEN 0 END) AS mrr_usd,
         coalesce(r.revenue_usd, CASE WHEN g.month_start >= f.revenue_from AND r.region IS NULL THEN 0 END) AS revenue_usd,
         CASE WHEN g.month_start >= least(f.mrr_from, f.revenue_from) THEN coalesce(c.customers, 0) END AS customers,
         CASE WHEN g.month_start >= f.cases_from THEN coalesce(i.cases, 0) END AS cases, l.avg_clv_usd
  FROM cell g
  JOIN first_seen f ON f.region = g.region
  LEFT JOIN service_month s ON s.region = g.region AND s.product_family = g.product_family AND s.month_start = g.month_start
  LEFT JOIN mrr m ON m.region = g.region AND m.product_family = g.product_family AND m.month_start = g.month_start
  LEFT JOIN revenue r ON r.region = g.region AND r.product_family = g.product_family AND r.month_start = g.month_start
  LEFT JOIN issue i ON i.region = g.region AND i.product_family = g.product_family AND i.month_start = g.month_start
  LEFT JOIN customer c ON c.region = g.region AND c.product_family = g.product_family AND c.month_start = g.month_start
  LEFT JOIN lifetime l ON l.region = g.region AND l.product_family = g.product_family AND l.month_start = g.month_start
), shared AS (
  SELECT *, sum(revenue_usd) OVER (PARTITION BY month_start, region) AS region_usd FROM filled
)
SELECT month_start, region, product_family, customers, active_services, mrr_usd, revenue_usd,
       CASE WHEN region_usd > 0 THEN ratio(revenue_usd, region_usd) END AS revenue_share,
       CAST(round(avg_clv_usd, 2) AS DECIMAL(18,2)) AS avg_clv_usd,
       ratio(cases * 100, active_services) AS cases_per_100_services, cases,
       last_day(month_start) <= as_of() AS is_closed_month
FROM shared
