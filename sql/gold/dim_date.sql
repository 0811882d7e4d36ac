-- grain: calendar day
-- key: date_day
-- storage: single
--
-- The calendar, from calendar.first_day to the end of the year calendar.years_ahead years
-- after the as-of date (contracts end and forecasts reach there). A fiscal year begins in
-- calendar.fiscal_year_start_month and is named after the calendar year in which it ends.
WITH days AS (
  SELECT CAST(unnest(generate_series(CAST(param_text('calendar.first_day') AS DATE),
                                     make_date(CAST(year(as_of()) + param('calendar.years_ahead') AS INTEGER), 12, 31), INTERVAL 1 DAY)) AS DATE) AS date_day
), fiscal AS (
  -- Moved so that the fiscal year begins in January.
  SELECT date_day, date_trunc('month', date_day) + to_months((13 - CAST(param('calendar.fiscal_year_start_month') AS INTEGER)) % 12) AS fiscal_month
  FROM days
)
SELECT date_day, CAST(date_trunc('month', date_day) AS DATE) AS month_start, CAST(date_trunc('quarter', date_day) AS DATE) AS quarter_start, year(date_day) AS year,
       'FY' || CAST(year(fiscal_month) AS VARCHAR) || '-Q' || CAST(quarter(fiscal_month) AS VARCHAR) AS fiscal_quarter,
       isodow(date_day) >= 6 AS is_weekend
FROM fiscal
