-- question: CEO5 NPS and satisfaction versus financial performance
-- asked by: CEO
-- tables: gold.driver_analysis
-- variables: as_of
-- sources: silver.survey_response
-- empty: Too few customers answered a survey a year ago.
--
-- Rank correlation of the answers before with the result after: from -1 to 1. An association, not a cause.
SELECT outcome, driver, spearman_rho, p_value, n_exposed + n_unexposed AS customers, note
FROM gold.driver_analysis
WHERE as_of_date = getvariable('as_of') AND driver IN ('nps', 'csat') AND outcome IN ('nrr_12m', 'yoy_growth', 'churn_12m')
ORDER BY driver, outcome;
