-- grain: earlier forecast x target month that has closed since
-- key: as_of_date, target_month, scope, scope_value
-- storage: single
--
-- What became of earlier revenue forecasts: the revenue of every target month that has closed
-- by the as-of date, the relative error of the forecast (NULL for a forecast of 0), and what
-- the naive forecast would have said: the mean month of the twelve closed months before the
-- as-of date of the forecast (of as many as there are, at least forecast.naive_min_months).
WITH revenue AS (
  SELECT r.month_start, s.scope, CASE s.scope WHEN 'region' THEN r.region WHEN 'segment' THEN coalesce(a.segment, 'UNKNOWN') ELSE 'ALL' END AS scope_value,
         sum(r.revenue_usd) AS revenue_usd
  FROM gold.revenue_metrics r
  LEFT JOIN gold.account_members a ON a.account_id = r.account_id
  CROSS JOIN (SELECT unnest(['all', 'region', 'segment']) AS scope) s
  WHERE r.is_closed_month
  GROUP BY r.month_start, s.scope, CASE s.scope WHEN 'region' THEN r.region WHEN 'segment' THEN coalesce(a.segment, 'UNKNOWN') ELSE 'ALL' END
), earlier AS (
  SELECT as_of_date, target_month, scope, scope_value, forecast_usd, low_80_usd, high_80_usd,
         months_before(CAST(date_trunc('month', as_of_date + 1) AS DATE), 1) AS last_closed
  FROM past.revenue_forecast WHERE last_day(target_month) <= as_of()
), naive AS (
  SELECT e.as_of_date, e.scope, e.scope_value, ratio(sum(r.revenue_usd), count(*), param('forecast.naive_min_months')) AS monthly_usd
  FROM (SELECT DISTINCT as_of_date, scope, scope_value, last_closed FROM earlier) e
  JOIN revenue r ON r.scope = e.scope AND r.scope_value = e.scope_value AND r.month_start > months_before(e.last_closed, 12) AND r.month_start <= e.last_closed
  GROUP BY e.as_of_date, e.scope, e.scope_value
), covered AS (
  SELECT scope, scope_value, min(month_start) AS from_month FROM revenue GROUP BY scope, scope_value
), actual AS (
  SELECT e.*, coalesce(r.revenue_usd, CASE WHEN c.from_month <= e.target_month AND r.scope IS NULL THEN 0 END) AS actual_usd
  FROM earlier e
  LEFT JOIN covered c ON c.scope = e.scope AND c.scope_value = e.scope_value
  LEFT JOIN revenue r ON r.scope = e.scope AND r.scope_value = e.scope_value AND r.month_start = e.target_month
)
SELECT a.as_of_date, a.target_month, a.scope, a.scope_value, a.forecast_usd, a.actual_usd, a.low_80_usd, a.high_80_usd,
       ratio(a.actual_usd - a.forecast_usd, a.forecast_usd) AS error, CAST(round(n.monthly_usd, 2) AS DECIMAL(18,2)) AS naive_usd
FROM actual a
LEFT JOIN naive n ON n.as_of_date = a.as_of_date AND n.scope = a.scope AND n.scope_value = a.scope_value
