-- check: forecast_parts_sum
-- severity: error
-- table: gold.revenue_forecast
-- about: The parts of a forecast sum to it, regions and segments to all, and the interval holds its bounds in order. If
-- not, a part of the revenue is forecast twice or not at all.
WITH scope AS (
  SELECT target_month, scope, sum(forecast_usd) AS forecast_usd FROM gold.revenue_forecast WHERE as_of_date = as_of() GROUP BY target_month, scope
)
SELECT f.target_month, f.scope, f.scope_value, f.forecast_usd, f.low_80_usd, f.high_80_usd
FROM gold.revenue_forecast f
WHERE coalesce(f.contracted_usd, 0) + coalesce(f.renewal_usd, 0) + coalesce(f.pipeline_usd, 0) + coalesce(f.other_usd, 0) <> f.forecast_usd
   OR (f.forecast_usd > 0 AND f.low_80_usd > f.high_80_usd) OR (f.low_80_usd IS NULL) <> (f.high_80_usd IS NULL)
UNION ALL
SELECT s.target_month, s.scope, 'sum', s.forecast_usd, a.forecast_usd, NULL
FROM scope s LEFT JOIN scope a ON a.target_month = s.target_month AND a.scope = 'all'
WHERE s.forecast_usd IS DISTINCT FROM a.forecast_usd
