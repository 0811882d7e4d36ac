-- check: parts_sum_to_total
-- severity: error
-- table: gold.executive_overview
-- about: Additive amounts and counts sum to the totals: regions and product families to the facts of every month,
-- segments and accounts to the overview of the as-of date, and debts, open deals and open cases of the accounts of
-- each region and segment to the facts. If not, something is left out or counted twice.
WITH fact AS (
  SELECT month_start, 'revenue' AS measure, CAST(sum(revenue_usd) AS DOUBLE) AS total FROM gold.revenue_metrics GROUP BY month_start
  UNION ALL
  SELECT month_start, 'mrr', CAST(sum(mrr_usd) AS DOUBLE) FROM gold.mrr_monthly GROUP BY month_start
  UNION ALL
  SELECT this_month(), 'active services', CAST(count(*) FILTER (WHERE is_active) AS DOUBLE) FROM gold.services
), part AS (
  SELECT month_start, 'revenue' AS measure, 'regional_analysis' AS part, CAST(sum(revenue_usd) AS DOUBLE) AS total FROM gold.regional_analysis GROUP BY month_start
  UNION ALL
  SELECT month_start, 'mrr', 'regional_analysis', CAST(sum(mrr_usd) AS DOUBLE) FROM gold.regional_analysis GROUP BY month_start
  UNION ALL
  SELECT month_start, 'revenue', 'product_mix', CAST(sum(revenue_usd) AS DOUBLE) FROM gold.product_mix GROUP BY month_start
  UNION ALL
  SELECT month_start, 'mrr', 'product_mix', CAST(sum(mrr_usd) AS DOUBLE) FROM gold.product_mix GROUP BY month_start
  UNION ALL
  SELECT month_start, 'active services', 'product_mix', CAST(sum(active_services) AS DOUBLE) FROM gold.product_mix WHERE month_start = this_month() GROUP BY month_start
), segment AS (
  SELECT scheme, sum(customers) AS customers, CAST(sum(revenue_ttm_usd) AS DOUBLE) AS revenue FROM gold.segment_performance GROUP BY scheme
), overview AS (
  SELECT customers, CAST(revenue_ttm_usd AS DOUBLE) AS revenue, CAST(mrr_usd AS DOUBLE) AS mrr, CAST(outstanding_usd AS DOUBLE) AS outstanding,
         CAST(open_pipeline_usd AS DOUBLE) AS pipeline
  FROM gold.executive_overview WHERE as_of_date = as_of()
), owed AS (
  SELECT CAST(sum(outstanding_usd) AS DOUBLE) AS usd FROM gold.ar_aging WHERE as_of_date = as_of()
), open_deal AS (
  SELECT CAST(sum(deal_value_usd) AS DOUBLE) AS usd FROM gold.opportunities WHERE status = 'open'
), owing AS (
  SELECT account_id, sum(outstanding_usd) AS usd FROM gold.ar_aging WHERE as_of_date = as_of() GROUP BY account_id
), selling AS (
  SELECT account_id, sum(deal_value_usd) AS usd FROM gold.opportunities WHERE status = 'open' GROUP BY account_id
), asking AS (
  SELECT account_id, count(*) AS cases FROM gold.support_cases WHERE is_open GROUP BY account_id
), account AS (
  -- What customer_360 says of each account, beside the facts of the account.
  SELECT c.region, c.segment, unnest(['outstanding', 'open pipeline', 'open cases']) AS measure,
         unnest([CAST(c.outstanding_usd AS DOUBLE), CAST(c.open_pipeline_usd AS DOUBLE), CAST(c.open_cases AS DOUBLE)]) AS stated,
         unnest([CAST(o.usd AS DOUBLE), CAST(s.usd AS DOUBLE), CAST(a.cases AS DOUBLE)]) AS fact
  FROM gold.customer_360 c
  FULL JOIN owing o ON o.account_id = c.account_id
  FULL JOIN selling s ON s.account_id = coalesce(c.account_id, o.account_id)
  FULL JOIN asking a ON a.account_id = coalesce(c.account_id, o.account_id, s.account_id)
), line AS (
  SELECT CAST(f.month_start AS VARCHAR) AS subject, p.part || ': ' || f.measure AS what, p.total AS sum_of_parts, f.total
  FROM fact f JOIN part p ON p.month_start = f.month_start AND p.measure = f.measure
  UNION ALL
  SELECT s.scheme, 'segment_performance: customers', s.customers, o.customers FROM segment s CROSS JOIN overview o
  UNION ALL
  SELECT s.scheme, 'segment_performance: revenue', s.revenue, o.revenue FROM segment s CROSS JOIN overview o
  UNION ALL
  SELECT 'overview', 'mrr_monthly: mrr', f.total, o.mrr FROM fact f CROSS JOIN overview o WHERE f.measure = 'mrr' AND f.month_start = this_month()
  UNION ALL
  SELECT 'overview', 'ar_aging: outstanding', w.usd, o.outstanding FROM owed w CROSS JOIN overview o
  UNION ALL
  SELECT 'overview', 'opportunities: open', d.usd, o.pipeline FROM open_deal d CROSS JOIN overview o
  UNION ALL
  SELECT coalesce(region, 'no region'), 'customer_360 by region: ' || measure, sum(stated), sum(fact) FROM account GROUP BY region, measure
  UNION ALL
  SELECT coalesce(segment, 'no segment'), 'customer_360 by segment: ' || measure, sum(stated), sum(fact) FROM account GROUP BY segment, measure
)
SELECT subject, what, sum_of_parts, total FROM line
WHERE abs(coalesce(sum_of_parts, 0) - coalesce(total, 0)) > 0.005
