-- grain: account x product family x usage type x week (Monday)
-- key: account_id, product_family, usage_type, week_start
-- storage: single
--
-- Internal. What accounts use, compact: a row per week instead of seven, from the first use
-- to the last day the feed reached, so that windows over days are short lists. Both lists
-- begin on Monday.
--   used   what the feed reported; NULL on a day without a row
--   days   what counts: 0 on a covered day without a row (ops.usage_coverage), NULL on a
--          day the feed did not cover, whatever it reported
-- Services of one family add up, and so do unknown accounts of one region. A negative
-- quantity is no use. known_at is when the last record of the week became known.
WITH week_used AS (
  SELECT coalesce(a.account_id, unassigned(u.source_region)) AS account_id, coalesce(p.product_family, q.product_family, 'UNKNOWN') AS product_family, u.usage_type,
         CAST(date_trunc('week', u.usage_date) AS DATE) AS week_start, min(coalesce(u.source_region, 'UNKNOWN')) AS source_region,
         max(u.unit_of_measure) AS unit_of_measure, max(u.known_at) AS known_at, min(u.usage_date) AS first_day,
         sum(u.used) FILTER (WHERE u.weekday = 1) AS d1, sum(u.used) FILTER (WHERE u.weekday = 2) AS d2,
         sum(u.used) FILTER (WHERE u.weekday = 3) AS d3, sum(u.used) FILTER (WHERE u.weekday = 4) AS d4,
         sum(u.used) FILTER (WHERE u.weekday = 5) AS d5, sum(u.used) FILTER (WHERE u.weekday = 6) AS d6,
         sum(u.used) FILTER (WHERE u.weekday = 7) AS d7
  FROM (SELECT *, isodow(usage_date) AS weekday, CAST(greatest(quantity, 0) AS DECIMAL(38,9)) AS used FROM silver.usage_daily WHERE usage_date <= as_of() AND quantity IS NOT NULL) u
  LEFT JOIN gold.account_members a ON a.account_id = u.account_id
  LEFT JOIN silver.product p ON p.product_id = nullif(u.product_id, '')
  LEFT JOIN silver.asset s ON s.asset_id = CASE WHEN p.product_family IS NULL THEN nullif(u.asset_id, '') END
  LEFT JOIN silver.product q ON q.product_id = s.product_id
  GROUP BY coalesce(a.account_id, unassigned(u.source_region)), coalesce(p.product_family, q.product_family, 'UNKNOWN'), u.usage_type, CAST(date_trunc('week', u.usage_date) AS DATE)
), feed AS (
  SELECT region, max(usage_date) FILTER (WHERE rows_seen > 0) AS last_day FROM ops.usage_coverage GROUP BY region
), series AS (
  SELECT account_id, product_family, usage_type, min(source_region) AS source_region, max(unit_of_measure) AS unit_of_measure, min(first_day) AS first_day
  FROM week_used GROUP BY account_id, product_family, usage_type
), week AS (
  SELECT s.*, CAST(unnest(generate_series(date_trunc('week', s.first_day), date_trunc('week', f.last_day), INTERVAL 7 DAY)) AS DATE) AS week_start
  FROM series s JOIN feed f ON f.region = s.source_region
), week_covered AS (
  SELECT region, CAST(date_trunc('week', usage_date) AS DATE) AS week_start,
         bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 1) AS c1, bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 2) AS c2,
         bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 3) AS c3, bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 4) AS c4,
         bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 5) AS c5, bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 6) AS c6,
         bool_or(is_covered) FILTER (WHERE isodow(usage_date) = 7) AS c7
  FROM ops.usage_coverage GROUP BY region, CAST(date_trunc('week', usage_date) AS DATE)
)
SELECT w.account_id, w.product_family, w.usage_type, w.week_start, w.source_region, w.unit_of_measure, w.first_day, u.known_at,
       CAST([u.d1, u.d2, u.d3, u.d4, u.d5, u.d6, u.d7] AS DOUBLE[]) AS used,
       CAST([CASE WHEN c.c1 THEN coalesce(u.d1, 0) END, CASE WHEN c.c2 THEN coalesce(u.d2, 0) END, CASE WHEN c.c3 THEN coalesce(u.d3, 0) END,
             CASE WHEN c.c4 THEN coalesce(u.d4, 0) END, CASE WHEN c.c5 THEN coalesce(u.d5, 0) END, CASE WHEN c.c6 THEN coalesce(u.d6, 0) END,
             CASE WHEN c.c7 THEN coalesce(u.d7, 0) END] AS DOUBLE[]) AS days
  FROM week w
  LEFT JOIN week_used u ON u.account_id = w.account_id AND u.product_family = w.product_family AND u.usage_type = w.usage_type AND u.week_start = w.week_start
  LEFT JOIN week_covered c ON c.region = w.source_region AND c.week_start = w.week_start
