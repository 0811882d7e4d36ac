-- grain: customer x span of months with one primary account
-- key: master_account_id, from_month
-- storage: single
--
-- Which of its accounts stood for a customer in a month, and the segment and region the
-- account had then. The primary account is the one with most revenue in the twelve months
-- to the month (in the running month revenue_ttm_usd), ties by id. Segment and region come
-- from the account's history; before its first version the first counts. Spans are
-- inclusive; the first and the last one are open (1900-01-01, 9999-12-01).
WITH account AS (
  SELECT account_id, master_account_id, segment, region, count(*) OVER (PARTITION BY master_account_id) AS accounts FROM gold.account_members
), version AS (
  SELECT h.account_id, day_of(h.valid_from) AS from_day,
         coalesce(CASE WHEN param_text('accounts.segment_column') = 'segment' THEN h.segment END, h.account_type, a.segment) AS segment,
         coalesce(h.region, a.region) AS region,
         row_number() OVER (PARTITION BY h.account_id ORDER BY h.valid_from) AS version_no
  FROM silver.account_history h JOIN account a ON a.account_id = h.account_id
), changing AS (
  SELECT account_id FROM version GROUP BY account_id
  HAVING min(segment) <> max(segment) OR min(region) <> max(region)
), moving AS (
  -- Customers for whom the answer may differ between months.
  SELECT account_id, master_account_id, segment, region, EXISTS (SELECT 1 FROM changing c WHERE c.account_id = a.account_id) AS has_changed FROM account a
  WHERE a.accounts > 1 OR a.master_account_id IN (SELECT x.master_account_id FROM account x JOIN changing c ON c.account_id = x.account_id)
), revenue AS (
  SELECT r.account_id, r.month_start, sum(r.revenue_usd) AS revenue_usd
  FROM gold.revenue_metrics r JOIN moving m ON m.account_id = r.account_id
  WHERE r.revenue_usd IS NOT NULL
  GROUP BY r.account_id, r.month_start
), yearly AS (
  SELECT account_id, month_start, sum(revenue_usd) AS revenue_usd FROM (
    SELECT account_id, revenue_usd, CAST(unnest(generate_series(month_start, month_start + INTERVAL 11 MONTH, INTERVAL 1 MONTH)) AS DATE) AS month_start FROM revenue)
  GROUP BY account_id, month_start
), month AS (
  SELECT CAST(unnest(generate_series(date_trunc('month', least(
           (SELECT min(month_start) FROM gold.revenue_metrics), (SELECT min(from_day) FROM version), as_of())), date_trunc('month', as_of()), INTERVAL 1 MONTH)) AS DATE) AS month_start
), ranked AS (
  SELECT g.month_start, m.master_account_id, m.account_id, m.segment, m.region, m.has_changed,
         row_number() OVER (PARTITION BY m.master_account_id, g.month_start
                            ORDER BY CASE WHEN g.month_start = date_trunc('month', as_of()) THEN k.revenue_ttm_usd ELSE t.revenue_usd END DESC NULLS LAST, m.account_id) AS rank
  FROM moving m
  CROSS JOIN month g
  LEFT JOIN yearly t ON t.account_id = m.account_id AND t.month_start = g.month_start
  LEFT JOIN gold.account_metrics k ON k.account_id = m.account_id
), placed AS (
  SELECT r.month_start, r.master_account_id, r.account_id,
         CASE WHEN r.has_changed AND r.month_start < date_trunc('month', as_of()) THEN coalesce(v.segment, f.segment, r.segment) ELSE r.segment END AS segment,
         CASE WHEN r.has_changed AND r.month_start < date_trunc('month', as_of()) THEN coalesce(v.region, f.region, r.region) ELSE r.region END AS region
  FROM (SELECT * FROM ranked WHERE rank = 1) r
  ASOF LEFT JOIN version v ON v.account_id = r.account_id AND v.from_day <= last_day(r.month_start)
  LEFT JOIN version f ON f.account_id = r.account_id AND f.version_no = 1
), stepped AS (
  SELECT *, CASE WHEN lag(account_id) OVER w IS NOT DISTINCT FROM account_id AND lag(segment) OVER w IS NOT DISTINCT FROM segment AND lag(region) OVER w IS NOT DISTINCT FROM region
                 THEN 0 ELSE 1 END AS is_change
  FROM placed WINDOW w AS (PARTITION BY master_account_id ORDER BY month_start)
), numbered AS (
  SELECT *, sum(is_change) OVER (PARTITION BY master_account_id ORDER BY month_start ROWS UNBOUNDED PRECEDING) AS span_no FROM stepped
), span AS (
  SELECT master_account_id, span_no, min(month_start) AS from_month, min(account_id) AS account_id, min(segment) AS segment, min(region) AS region
  FROM numbered GROUP BY master_account_id, span_no
)
SELECT master_account_id, CASE WHEN span_no = 1 THEN DATE '1900-01-01' ELSE from_month END AS from_month,
       coalesce(CAST(lead(from_month) OVER (PARTITION BY master_account_id ORDER BY from_month) - INTERVAL 1 MONTH AS DATE), DATE '9999-12-01') AS until_month,
       account_id, segment, region
FROM span
UNION ALL
SELECT a.master_account_id, DATE '1900-01-01', DATE '9999-12-01', a.account_id, a.segment, a.region
FROM account a WHERE NOT EXISTS (SELECT 1 FROM moving m WHERE m.master_account_id = a.master_account_id)
