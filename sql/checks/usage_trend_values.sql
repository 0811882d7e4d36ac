-- check: usage_trend_values
-- severity: error
-- table: gold.usage_trend
-- about: Changes follow from the two means, scores lie between 1 and 10, a trend is given if and only if its
-- change is, and every series has its account's row.
SELECT as_of_date, account_id, product_family, usage_type, change_90d, trend, usage_score_10
FROM (SELECT *, count(*) FILTER (WHERE usage_type = 'ALL') OVER (PARTITION BY as_of_date, account_id) AS account_rows FROM gold.usage_trend)
WHERE account_rows <> 1 OR usage_score_10 NOT BETWEEN 0.999999999 AND 10.000000001
   OR (change_90d IS NULL) = (trend IN ('increasing', 'stable', 'declining'))
   OR (usage_type <> 'ALL' AND abs(change_90d - (usage_90d / nullif(usage_prior_90d, 0) - 1)) > 0.000000001)
