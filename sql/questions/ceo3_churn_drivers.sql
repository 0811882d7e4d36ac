-- question: CEO3 Churn versus price changes, service quality and competitors
-- asked by: CEO
-- tables: gold.driver_analysis
-- variables: as_of
-- sources: silver.asset_state_period | silver.subscription | silver.asset | silver.contract | silver.invoice_line
-- columns: rate_exposed percent, rate_unexposed percent
-- empty: No customer of a year ago can be compared.
--
-- How often exposed customers left within the year, against the others. An association, not a cause.
SELECT driver, n_exposed, n_unexposed, rate_exposed, rate_unexposed, risk_ratio, ci_low, ci_high, note
FROM gold.driver_analysis
WHERE as_of_date = getvariable('as_of') AND outcome = 'churn_12m'
  AND driver IN ('price_increase', 'sla_breach', 'escalation', 'competitor_mention')
ORDER BY risk_ratio DESC NULLS LAST, driver;
