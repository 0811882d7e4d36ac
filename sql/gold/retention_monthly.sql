-- grain: month x dimension x window
-- key: month_start, dimension, dimension_value, window_months
-- storage: single
--
-- What became of the customers that paid window_months ago. The cohort is closed: customers
-- with MRR > 0 at t - w; who came later never enters. Both months are valued at the rates of
-- t - w, so exchange rates neither lose nor win a customer:
--   nrr  = MRR now / MRR then          grr = sum of the lesser of the two / MRR then
--   logo = customers still paying / customers then
-- Dimensions: all, region and segment (of the customer's primary account at t - w, with all
-- its MRR) and product_family (MRR of the family in both months; who leaves the family leaves
-- the cohort). A source enters from its first full month on. Customers with an amount that
-- has no rate are left out and counted in excluded_customers. The last
-- retention.history_months months are kept; a window is one of retention.windows.
WITH length AS (
  SELECT CAST(unnest(param_numbers('retention.windows')) AS INTEGER) AS window_months
),

-- Which months are compared, and at which rate: each amount counts once as what was there at
-- the beginning and once as what is there at the end. A cell is a window and a month.
month AS (
  SELECT DISTINCT month_start, currency_iso_code FROM gold.customer_mrr
), compared AS (
  SELECT m.month_start AS amount_month, m.currency_iso_code, w.window_months, CAST(m.month_start + to_months(w.window_months) AS DATE) AS month_start, m.month_start AS base_month, true AS is_opening
  FROM month m CROSS JOIN length w
  UNION ALL
  SELECT m.month_start, m.currency_iso_code, w.window_months, m.month_start, months_before(m.month_start, w.window_months), false
  FROM month m CROSS JOIN length w
), plan AS (
  SELECT c.*, coalesce(p.units_per_usd, n.units_per_usd) AS rate, dense_rank() OVER (ORDER BY c.window_months, c.month_start) AS cell_no
  FROM compared c
  LEFT JOIN gold.fx_rates p ON p.rate_day = last_day(c.base_month) AND p.currency_iso_code = c.currency_iso_code
  LEFT JOIN gold.fx_rates n ON n.rate_day = least(last_day(c.month_start), as_of()) AND n.currency_iso_code = c.currency_iso_code
  WHERE c.month_start <= as_of() AND c.month_start > months_before(this_month(), param('retention.history_months'))
), cell AS (
  SELECT DISTINCT cell_no, window_months, month_start, base_month FROM plan
),

-- Numbers stand for names while millions of pairs are summed.
customer AS (
  SELECT master_account_id, row_number() OVER (ORDER BY master_account_id) AS customer_no FROM (SELECT DISTINCT master_account_id FROM gold.customer_mrr)
), family AS (
  SELECT product_family, row_number() OVER (ORDER BY product_family) AS family_no FROM (SELECT DISTINCT product_family FROM gold.customer_mrr)
), summed AS (
  SELECT (k.customer_no * 100000 + p.cell_no) * 10000 + f.family_no AS pair_no,
         sum(CASE WHEN p.is_opening THEN usd(c.amount, p.rate) END) AS opening, sum(CASE WHEN NOT p.is_opening THEN usd(c.amount, p.rate) END) AS closing,
         sum(c.fx_missing_count) > 0 AS is_unknown
  FROM gold.customer_mrr c
  JOIN plan p ON p.amount_month = c.month_start AND p.currency_iso_code = c.currency_iso_code AND p.base_month >= c.first_full_month
  JOIN customer k ON k.master_account_id = c.master_account_id
  JOIN family f ON f.product_family = c.product_family
  GROUP BY (k.customer_no * 100000 + p.cell_no) * 10000 + f.family_no
), by_family AS (
  SELECT pair_no // 10000 AS customer_cell, pair_no % 10000 AS family_no, coalesce(opening, 0) AS opening, greatest(coalesce(closing, 0), 0) AS closing, is_unknown FROM summed
), by_customer AS (
  SELECT customer_cell // 100000 AS customer_no, customer_cell % 100000 AS cell_no, sum(opening) AS opening, sum(closing) AS closing, bool_or(is_unknown) AS is_unknown
  FROM by_family
  GROUP BY customer_cell
), home AS (
  SELECT k.customer_no, p.from_month, p.until_month, coalesce(p.region, 'UNKNOWN') AS region, coalesce(p.segment, 'UNKNOWN') AS segment
  FROM customer k JOIN gold.master_primary p ON p.master_account_id = k.master_account_id
), cohort AS (
  -- Who paid at the beginning and is known in both months.
  SELECT c.cell_no, CAST(NULL AS BIGINT) AS family_no, h.region, h.segment, c.opening, c.closing, c.is_unknown, c.opening > 0 AND NOT c.is_unknown AS is_member
  FROM by_customer c
  JOIN cell x ON x.cell_no = c.cell_no
  LEFT JOIN home h ON h.customer_no = c.customer_no AND x.base_month BETWEEN h.from_month AND h.until_month
  UNION ALL
  SELECT customer_cell % 100000, family_no, NULL, NULL, opening, closing, is_unknown, opening > 0 AND NOT is_unknown FROM by_family
), pooled AS (
  SELECT cell_no, family_no, region, segment, count(*) FILTER (WHERE is_member) AS opening_customers, count(*) FILTER (WHERE is_member AND closing > 0) AS retained_customers,
         coalesce(sum(opening) FILTER (WHERE is_member), 0) AS opening_usd, coalesce(sum(closing) FILTER (WHERE is_member), 0) AS closing_usd,
         coalesce(sum(least(opening, closing)) FILTER (WHERE is_member), 0) AS capped_usd, count(*) FILTER (WHERE is_unknown) AS excluded_customers
  FROM cohort GROUP BY cell_no, family_no, region, segment
), placed AS (
  SELECT 'product_family' AS dimension, f.product_family AS dimension_value, p.* FROM pooled p JOIN family f ON f.family_no = p.family_no
  UNION ALL
  SELECT d.dimension, CASE d.dimension WHEN 'all' THEN 'ALL' WHEN 'region' THEN coalesce(p.region, 'UNKNOWN') ELSE coalesce(p.segment, 'UNKNOWN') END, p.*
  FROM pooled p CROSS JOIN (SELECT unnest(['all', 'region', 'segment']) AS dimension) d WHERE p.family_no IS NULL
), counted AS (
  SELECT x.month_start, p.dimension, p.dimension_value, x.window_months, sum(p.opening_customers) AS opening_customers, sum(p.retained_customers) AS retained_customers,
         sum(p.opening_usd) AS opening_usd, sum(p.closing_usd) AS closing_usd, sum(p.capped_usd) AS capped_usd, sum(p.excluded_customers) AS excluded_customers
  FROM placed p JOIN cell x ON x.cell_no = p.cell_no
  GROUP BY x.month_start, p.dimension, p.dimension_value, x.window_months
)
SELECT month_start, dimension, dimension_value, window_months, opening_customers, retained_customers,
       opening_usd AS opening_mrr_usd, closing_usd AS closing_cohort_mrr_usd, capped_usd AS retained_capped_mrr_usd,
       ratio(closing_usd, opening_usd) AS nrr, ratio(capped_usd, opening_usd) AS grr, ratio(retained_customers, opening_customers) AS logo_retention,
       last_day(month_start) <= as_of() AS is_closed_month, excluded_customers
FROM counted
