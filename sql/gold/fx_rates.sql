-- grain: currency x day, for every month end up to the as-of date and the as-of date itself
-- key: rate_day, currency_iso_code
-- storage: single
--
-- The rate that held on a day, units of the currency per 1 USD. Facts are converted in
-- silver at the rate of their own date; this table serves what has no date of its own:
-- balances and open opportunities (at the as-of day) and MRR (at month end). It begins
-- with the first rate, at the latest at fx.first_day, so that USD has its 1 before that.
--
-- Per day and currency, as silver does it: the first source in priority whose rate is
-- fresh (fx.max_age_days), else the youngest rate of any source, else one without a date.
WITH bounds AS (
  SELECT least(coalesce(min(rate_date), as_of()), CAST(param_text('fx.first_day') AS DATE)) AS first_day FROM silver.exchange_rate
), days AS (
  SELECT last_day(CAST(month_start AS DATE)) AS rate_day
  FROM (SELECT unnest(generate_series(date_trunc('month', first_day), date_trunc('month', as_of()), INTERVAL 1 MONTH)) AS month_start
        FROM bounds)
  WHERE last_day(CAST(month_start AS DATE)) < as_of()
  UNION ALL
  SELECT as_of()
), quoted AS (
  SELECT currency_iso_code, rate_source, rate_date, units_per_usd, priority, rate_kind
  FROM silver.exchange_rate
  WHERE currency_iso_code <> 'USD' AND units_per_usd > 0
), wanted AS (
  SELECT d.rate_day, q.currency_iso_code, q.rate_source
  FROM (SELECT currency_iso_code, rate_source, min(rate_date) AS first_date FROM quoted
        WHERE rate_kind IS DISTINCT FROM 'static' AND rate_date <= as_of() GROUP BY currency_iso_code, rate_source) q
  JOIN days d ON d.rate_day >= q.first_date
), held AS (
  SELECT w.rate_day, w.currency_iso_code, w.rate_source, q.rate_date, q.units_per_usd,
         date_diff('day', q.rate_date, w.rate_day) AS age_days, q.priority
  FROM wanted w
  ASOF JOIN (SELECT * FROM quoted WHERE rate_kind IS DISTINCT FROM 'static') q
    ON q.currency_iso_code = w.currency_iso_code AND q.rate_source = w.rate_source AND q.rate_date <= w.rate_day
), ranked AS (
  SELECT *, row_number() OVER (
           PARTITION BY rate_day, currency_iso_code
           ORDER BY CASE WHEN age_days <= param('fx.max_age_days') THEN 0 ELSE 1 END,
                    CASE WHEN age_days <= param('fx.max_age_days') THEN priority ELSE age_days END,
                    priority, rate_source) AS choice
  FROM held
), undated AS (
  SELECT *, row_number() OVER (PARTITION BY currency_iso_code ORDER BY priority, rate_date DESC, rate_source) AS choice
  FROM quoted WHERE rate_kind = 'static'
)
SELECT rate_day, currency_iso_code, units_per_usd, rate_date, rate_source,
       CASE WHEN age_days <= param('fx.max_age_days') THEN 'dated' ELSE 'prior' END AS fx_status
FROM ranked WHERE choice = 1
UNION ALL
SELECT d.rate_day, u.currency_iso_code, u.units_per_usd, u.rate_date, u.rate_source, 'static'
FROM undated u CROSS JOIN days d
WHERE u.choice = 1 AND NOT EXISTS (
  SELECT 1 FROM held h WHERE h.currency_iso_code = u.currency_iso_code AND h.rate_day = d.rate_day)
UNION ALL
SELECT rate_day, 'USD', 1.0, rate_day, 'identity', 'identity' FROM days
