-- grain: target month x scope
-- key: as_of_date, target_month, scope, scope_value
-- storage: state
--
-- Revenue expected in each of the coming months: for all, by region, by segment.
--   forecast = contracted run-off + renewals + pipeline + run rate of usage and one-off
-- (see forecast_parts). low_80 and high_80 hold the month with 80 % if the method errs as it
-- did before: relative errors of earlier forecasts of the same scope and distance (1-3, 4-6,
-- 7 and more months ahead) whose month has closed, drawn forecast.bootstrap_draws times by a
-- fixed sequence, 10th and 90th percentile. With fewer than forecast.min_errors of them there
-- is no interval; method says so and names the count. A part of which no source tells is NULL,
-- and the forecast is that of the other parts; method names it.
WITH scoped AS (
  SELECT target_month, s.scope, CASE s.scope WHEN 'region' THEN region WHEN 'segment' THEN segment ELSE 'ALL' END AS scope_value,
         contracted_usd, renewal_usd, pipeline_usd, other_usd
  FROM gold.forecast_parts CROSS JOIN (SELECT unnest(['all', 'region', 'segment']) AS scope) s
), summed AS (
  SELECT target_month, scope, scope_value, sum(contracted_usd) AS contracted_usd, sum(renewal_usd) AS renewal_usd, sum(pipeline_usd) AS pipeline_usd,
         sum(other_usd) AS other_usd, sum(coalesce(contracted_usd, 0) + coalesce(renewal_usd, 0) + coalesce(pipeline_usd, 0) + coalesce(other_usd, 0)) AS forecast_usd,
         least((date_diff('month', this_month(), target_month) - 1) // 3, 2) AS distance
  FROM scoped GROUP BY target_month, scope, scope_value
), miss AS (
  SELECT scope, scope_value, least((date_diff('month', as_of_date, target_month) - 1) // 3, 2) AS distance, error,
         row_number() OVER (PARTITION BY scope, scope_value, least((date_diff('month', as_of_date, target_month) - 1) // 3, 2) ORDER BY as_of_date, target_month) - 1 AS error_no
  FROM gold.forecast_errors WHERE error IS NOT NULL
), evidence AS (
  SELECT scope, scope_value, distance, count(*) AS errors FROM miss GROUP BY scope, scope_value, distance
), drawn AS (
  SELECT s.target_month, s.scope, s.scope_value, s.distance,
         draw(concat_ws('|', s.scope, s.scope_value, CAST(s.target_month AS VARCHAR), CAST(i.draw_no AS VARCHAR)), e.errors) AS error_no
  FROM summed s
  JOIN evidence e ON e.scope = s.scope AND e.scope_value = s.scope_value AND e.distance = s.distance AND e.errors >= param('forecast.min_errors')
  CROSS JOIN (SELECT unnest(generate_series(1, CAST(param('forecast.bootstrap_draws') AS BIGINT))) AS draw_no) i
), spread AS (
  SELECT d.target_month, d.scope, d.scope_value, exact_quantile(m.error, 0.1) AS low, exact_quantile(m.error, 0.9) AS high
  FROM drawn d JOIN miss m ON m.scope = d.scope AND m.scope_value = d.scope_value AND m.distance = d.distance AND m.error_no = d.error_no
  GROUP BY d.target_month, d.scope, d.scope_value
)
SELECT as_of() AS as_of_date, s.target_month, s.scope, s.scope_value, s.contracted_usd, s.renewal_usd, s.pipeline_usd, s.other_usd, s.forecast_usd,
       CAST(round(CAST(s.forecast_usd AS DOUBLE) * (1 + q.low), 2) AS DECIMAL(18,2)) AS low_80_usd,
       CAST(round(CAST(s.forecast_usd AS DOUBLE) * (1 + q.high), 2) AS DECIMAL(18,2)) AS high_80_usd,
       'run-off, renewals, pipeline and run rate; ' || CASE WHEN q.low IS NOT NULL THEN 'interval by bootstrap of ' || CAST(e.errors AS VARCHAR) || ' past errors'
                                                            ELSE 'no interval: ' || CAST(coalesce(e.errors, 0) AS VARCHAR) || ' past errors' END
         || coalesce('; no source of ' || nullif(concat_ws(', ', CASE WHEN s.contracted_usd IS NULL THEN 'recurring revenue' END, CASE WHEN s.pipeline_usd IS NULL THEN 'deals' END,
                                                            CASE WHEN s.other_usd IS NULL THEN 'invoices' END), ''), '') AS method
FROM summed s
LEFT JOIN evidence e ON e.scope = s.scope AND e.scope_value = s.scope_value AND e.distance = s.distance
LEFT JOIN spread q ON q.target_month = s.target_month AND q.scope = s.scope AND q.scope_value = s.scope_value
