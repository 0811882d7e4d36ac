-- Functions of gold SQL, for DuckDB.
--
-- The pipeline sets session variables (as_of, time_zone, param_…) before this file runs;
-- models never read them directly. What differs between engines stands here, so that the
-- models keep to the SQL that DuckDB and Spark share.

-- The as-of date, and the first instant after its end (exclusive).
CREATE MACRO as_of() AS CAST(getvariable('as_of') AS DATE);
CREATE MACRO as_of_end() AS (CAST(CAST(getvariable('as_of') AS DATE) + 1 AS TIMESTAMP) AT TIME ZONE CAST(getvariable('time_zone') AS VARCHAR));

-- Values of gold_metrics.json by path. Paths are literals: the loader checks that they exist.
CREATE MACRO param(path) AS CAST(getvariable('param_numbers')[path] AS DOUBLE);
CREATE MACRO param_flag(path) AS CAST(getvariable('param_flags')[path] AS BOOLEAN);
CREATE MACRO param_text(path) AS CAST(getvariable('param_texts')[path] AS VARCHAR);
CREATE MACRO param_list(path) AS CAST(getvariable('param_lists')[path] AS VARCHAR[]);
CREATE MACRO param_numbers(path) AS CAST(getvariable('param_number_lists')[path] AS DOUBLE[]);

-- Days in the pipeline's time zone.
CREATE MACRO day_of(instant) AS CAST(instant AT TIME ZONE CAST(getvariable('time_zone') AS VARCHAR) AS DATE);
CREATE MACRO day_start(day) AS (CAST(day AS TIMESTAMP) AT TIME ZONE CAST(getvariable('time_zone') AS VARCHAR));
CREATE MACRO days_between(first_day, last_day) AS date_diff('day', first_day, last_day);
CREATE MACRO months_before(day, months) AS CAST(day - to_months(CAST(months AS INTEGER)) AS DATE);
CREATE MACRO days_before(day, days) AS CAST(day - to_days(CAST(days AS INTEGER)) AS DATE);

-- The month of the as-of date, and the last month that has ended by it.
CREATE MACRO this_month() AS CAST(date_trunc('month', as_of()) AS DATE);
CREATE MACRO closed_month() AS months_before(CAST(date_trunc('month', as_of() + 1) AS DATE), 1);

-- A ratio is NULL when its denominator is 0, NULL or below a least count: never 0 or 1 for "no data".
CREATE MACRO ratio
  (n, d) AS CASE WHEN d <> 0 THEN CAST(n AS DOUBLE) / CAST(d AS DOUBLE) END,
  (n, d, min_n) AS CASE WHEN d <> 0 AND d >= min_n THEN CAST(n AS DOUBLE) / CAST(d AS DOUBLE) END;

-- Means and medians of DOUBLE run over DECIMAL, so that the order of rows does not show.
CREATE MACRO exact(x) AS CAST(x AS DECIMAL(38,9));
-- Ignores NULLs; NULL for no values.
CREATE MACRO exact_mean(x) AS CAST(sum(CAST(x AS DECIMAL(38,9))) AS DOUBLE) / nullif(count(x), 0);
CREATE MACRO exact_quantile(x, q) AS quantile_cont(CAST(x AS DOUBLE), q);

-- Chance of a standard normal value farther from 0 than z (Abramowitz and Stegun 7.1.26, to 1.5e-7).
CREATE MACRO two_sided_p(z) AS list_reduce([0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429],
  lambda sum, a, i: sum + a / power(1 + 0.3275911 * abs(z) / sqrt(2.0), i), CAST(0 AS DOUBLE)) * exp(-z * z / 2);

-- USD of an amount; fx_rate is units of the amount's currency per 1 USD. Half up; NULL without a rate.
CREATE MACRO usd(amount, fx_rate) AS CASE WHEN fx_rate > 0 THEN CAST(round(CAST(amount AS DOUBLE) / fx_rate, 2) AS DECIMAL(18,2)) END;

-- An amount in USD, in words of a sentence: USD 1,234.50.
CREATE MACRO usd_text(amount) AS coalesce('USD ' || format('{:,.2f}', CAST(amount AS DOUBLE)), 'an amount without exchange rate');
-- The same of an amount that may have no USD value: its own amount and currency, NGN 1,000.00 (no exchange rate).
CREATE MACRO money_text(usd_amount, amount, currency) AS
  CASE WHEN usd_amount IS NULL AND amount IS NOT NULL AND currency IS NOT NULL
       THEN currency || ' ' || format('{:,.2f}', CAST(amount AS DOUBLE)) || ' (no exchange rate)' ELSE usd_text(usd_amount) END;
-- The start of a sentence about one thing, with its article: An existing customer, A new order, A usage alert.
CREATE MACRO with_article(words) AS CASE WHEN regexp_matches(words, '^[aeiou]') AND NOT regexp_matches(words, '^(eu|one|uni|us|uti)') THEN 'An ' ELSE 'A ' END || words;
-- A fraction as a whole percentage: 0.253 is 25 %.
CREATE MACRO percent_text(fraction) AS format('{:.0f} %', CAST(fraction AS DOUBLE) * 100);

-- x, but no more than most: the last bit of a mean may lie above all it is the mean of. NULL stays NULL.
CREATE MACRO no_more(x, most) AS CASE WHEN x > most THEN most ELSE x END;
-- A score of 0 to 100, to a tenth unless it is whole: 70.4 is not the 70 that it passed.
CREATE MACRO score_text(score) AS CASE WHEN score = round(score) THEN format('{:.0f}', CAST(score AS DOUBLE)) ELSE format('{:.1f}', CAST(score AS DOUBLE)) END;

-- Where x stands on the way from none_at (0) to full_at (100), kept between them; NULL stays NULL.
CREATE MACRO scale_100(x, none_at, full_at) AS
  CASE WHEN x IS NOT NULL THEN greatest(CAST(0 AS DOUBLE), least(CAST(100 AS DOUBLE) * (CAST(x AS DOUBLE) - none_at) / nullif(full_at - none_at, 0), 100)) END;
-- The risk score of independent signals of these weights, 0 to 100; the order of weights decides the last bit.
CREATE MACRO risk_of(weights) AS round(100 * (1 - list_product(list_prepend(CAST(1 AS DOUBLE), list_transform(coalesce(weights, []), lambda w: 1 - CAST(w AS DOUBLE))))), 9);
-- Why the use of services has no change, by the trend of usage_trend (NULL: no rows) and whether the region has a source.
CREATE MACRO no_usage_reason(trend, has_usage) AS CASE trend
  WHEN 'insufficient_history' THEN 'fewer than ' || CAST(CAST(param('usage.trend_min_covered_days') AS BIGINT) AS VARCHAR) || ' covered days in one of the periods'
  WHEN 'new' THEN 'no use in the period before' WHEN 'none' THEN 'no use in both periods'
  ELSE CASE WHEN has_usage THEN 'no usage on record' ELSE 'no usage source' END END;
-- Status of a health score, and level of a churn score: bands are half-open on the unrounded value.
CREATE MACRO health_band(score) AS CASE WHEN score >= param('health.healthy_from') THEN 'HEALTHY' WHEN score >= param('health.at_risk_from') THEN 'AT_RISK'
                                        WHEN score IS NOT NULL THEN 'CRITICAL' ELSE 'INSUFFICIENT_DATA' END;
CREATE MACRO risk_band(score) AS CASE WHEN score > param('churn.high_above') THEN 'HIGH' WHEN score > param('churn.medium_above') THEN 'MEDIUM' WHEN score IS NOT NULL THEN 'LOW' END;

-- Health of a customer from its accounts: the mean weighted by MRR, the plain mean where nothing is paid, NULL where
-- accounts with a score hold too little of the MRR.
CREATE MACRO weighted_health(mrr_times_score, mrr_with_score, mrr, plain_mean) AS
  CASE WHEN coalesce(mrr, 0) = 0 THEN plain_mean
       WHEN mrr_with_score >= CAST(param('rollup.min_mrr_share') AS DECIMAL(9,6)) * mrr THEN ratio(mrr_times_score, mrr_with_score) END;

-- A bound of the Wilson interval of k in n; z is the normal quantile, below 0 for the lower bound.
CREATE MACRO wilson(k, n, z) AS CASE WHEN n > 0 THEN
  (CAST(k AS DOUBLE) / n + z * z / (2 * n) + z * sqrt(CAST(k AS DOUBLE) / n * (1 - CAST(k AS DOUBLE) / n) / n + z * z / (4 * n * n))) / (1 + z * z / n) END;

-- A number with its noun: 1 order, 2 orders, 1,000 orders.
CREATE MACRO counted(n, one, many) AS format('{:,d} ', CAST(n AS BIGINT)) || CASE WHEN n = 1 THEN one ELSE many END;

-- Active on a day: end dates are the last day of service, a termination ends service on its own day.
CREATE MACRO active_on(day, start_date, end_date, terminated_on, status) AS (
  coalesce(start_date <= day AND (end_date IS NULL OR end_date >= day) AND (terminated_on IS NULL OR terminated_on > day), false)
  AND NOT coalesce(list_contains(param_list('services.inactive_statuses'), status), false));

-- A mean against the median and the median absolute deviation of the days before: far
-- above it, how far in robust standard deviations, and both.
CREATE MACRO is_above_baseline(mean, baseline) AS coalesce(baseline > 0 AND mean > param('usage.spike_ratio') * baseline, false);
CREATE MACRO robust_z(mean, baseline, deviation) AS 0.6745 * (mean - baseline) / nullif(deviation, 0);
CREATE MACRO is_spike(mean, baseline, deviation) AS is_above_baseline(mean, baseline) AND coalesce(deviation = 0 OR robust_z(mean, baseline, deviation) >= param('usage.spike_z'), false);

-- The direction of a change in use; rounded, because 90 / 100 - 1 is not quite -0.1.
CREATE MACRO usage_direction(change) AS CASE WHEN round(change, 9) >= param('usage.trend_rise') THEN 'increasing' WHEN round(change, 9) <= -param('usage.trend_drop') THEN 'declining'
  WHEN change IS NOT NULL THEN 'stable' END;

-- Identifiers: lower-case hex md5 of kind|id|…, NULL as \N.
CREATE MACRO row_id(parts) AS md5(array_to_string(list_transform(parts, lambda p: coalesce(p, '\N')), '|'));
CREATE MACRO event_id
  (kind, a) AS row_id([CAST(kind AS VARCHAR), CAST(a AS VARCHAR)]),
  (kind, a, b) AS row_id([CAST(kind AS VARCHAR), CAST(a AS VARCHAR), CAST(b AS VARCHAR)]),
  (kind, a, b, c) AS row_id([CAST(kind AS VARCHAR), CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR)]),
  (kind, a, b, c, d) AS row_id([CAST(kind AS VARCHAR), CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR), CAST(d AS VARCHAR)]);

-- A number from 0 to n - 1 that looks like chance and is always the same for a key.
CREATE MACRO draw(key, n) AS CAST(md5_number_lower(key) % CAST(n AS UBIGINT) AS BIGINT);

-- The account of facts whose account is unknown; region is the fact's source_region.
CREATE MACRO unassigned(region) AS 'UNASSIGNED-' || coalesce(region, 'UNKNOWN');
-- A master id: 'M-' and twelve hex digits of its founding account.
CREATE MACRO master_id(account_id) AS 'M-' || left(sha256(account_id), 12);

-- The median of a list of numbers.
CREATE MACRO median_of(items) AS list_aggregate(items, 'median');
-- Lists without NULLs and doubles, sorted.
CREATE MACRO sorted_set(items) AS list_sort(list_distinct(items));
CREATE MACRO has_item(items, item) AS coalesce(list_contains(items, item), false);

-- The rows of the definitions of columns.
CREATE MACRO metric_definitions() AS TABLE
  SELECT unnest(from_json(CAST(getvariable('metric_definitions') AS VARCHAR),
    '[{"metric_id":"VARCHAR","version":"INTEGER","label":"VARCHAR","description":"VARCHAR","metric_type":"VARCHAR","numerator":"VARCHAR","denominator":"VARCHAR","expression":"VARCHAR","grain":"VARCHAR","unit":"VARCHAR","null_rule":"VARCHAR","window_rule":"VARCHAR","owner":"VARCHAR","standard_ref":"VARCHAR","gold_table":"VARCHAR","gold_column":"VARCHAR","valid_from":"DATE"}]'), recursive := true);
