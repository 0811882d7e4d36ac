-- grain: forecast x horizon
-- key: as_of_date, horizon_months, scope
-- storage: single
--
-- How good earlier revenue forecasts were, month by month ahead: absolute percentage error
-- against the revenue that came, beside that of the naive forecast (the mean month of the
-- twelve before), and whether the revenue lay within the 80 % interval (NULL where none was
-- given). scope is all, region:<region> or segment:<segment>; horizon_months counts from the
-- month of the forecast's as-of date.
SELECT as_of_date, date_diff('month', as_of_date, target_month) AS horizon_months,
       CASE scope WHEN 'all' THEN 'all' ELSE scope || ':' || scope_value END AS scope,
       forecast_usd, actual_usd, ratio(abs(forecast_usd - actual_usd), abs(actual_usd)) AS ape, ratio(abs(naive_usd - actual_usd), abs(actual_usd)) AS naive_ape,
       actual_usd BETWEEN low_80_usd AND high_80_usd AS in_80_interval, naive_usd
FROM gold.forecast_errors
WHERE actual_usd IS NOT NULL
