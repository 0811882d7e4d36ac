-- check: clv_adds_up
-- severity: error
-- table: gold.clv
-- about: Lifetime value is revenue so far plus projected revenue, of which what contracts secure is a part; it lies where bounds say, survival between 0 and 1, and a value is missing exactly where the status says why.
SELECT as_of_date, account_id, status, historical_usd, contracted_usd, projected_usd, clv_usd, clv_low_usd, clv_high_usd
FROM gold.clv
WHERE clv_usd <> historical_usd + projected_usd
   OR contracted_usd > projected_usd + 0.01
   OR clv_low_usd > clv_high_usd
   OR survival_12m NOT BETWEEN 0 AND 1
   OR (clv_usd IS NULL) <> (status NOT IN ('ok', 'fx_incomplete'))
