-- check: fx_stale
-- severity: warning
-- table: gold.fx_rates
-- about: The rate that balances and open opportunities use is older than fx.max_age_days at the as-of date.
-- Load newer rates.
SELECT rate_day, currency_iso_code, rate_date FROM gold.fx_rates WHERE rate_day = as_of() AND fx_status = 'prior'
