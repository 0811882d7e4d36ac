-- question: BC5 Satisfaction beside retention and revenue at risk
-- asked by: board chair
-- tables: gold.satisfaction_monthly, gold.retention_monthly, gold.executive_overview
-- variables: as_of
-- sources: silver.survey_response
-- columns: nps points, nrr percent, month_start month
-- empty: Nobody answered an NPS survey.
--
-- Measurable proxies only, side by side: an association, never a causal claim. Share price is out of scope.
SELECT s.month_start, s.nps, s.responses, r.nrr, e.revenue_at_risk_usd
FROM gold.satisfaction_monthly s
LEFT JOIN gold.retention_monthly r ON r.month_start = s.month_start AND r.dimension = 'all' AND r.window_months = 12
LEFT JOIN (SELECT * FROM gold.executive_overview QUALIFY row_number() OVER (PARTITION BY date_trunc('month', as_of_date) ORDER BY as_of_date DESC) = 1) e
       ON date_trunc('month', e.as_of_date) = s.month_start
WHERE s.survey_type = 'NPS' AND s.dimension = 'all' AND s.month_start <= getvariable('as_of')
ORDER BY s.month_start;
