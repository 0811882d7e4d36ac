-- question: SVC3 Support satisfaction by product, region or agent
-- asked by: customer service
-- tables: gold.survey_responses
-- variables: as_of
-- sources: silver.survey_response
-- columns: csat percent
-- empty: No product, region or agent has five answers in 90 days.
--
-- Share of answers of 75 or more of 100, where there are at least five.
SELECT CASE WHEN grouping(s.product_family) = 1 THEN 'All' ELSE s.product_family END AS product_family, CASE WHEN grouping(s.region) = 1 THEN 'All' ELSE s.region END AS region,
       CASE WHEN grouping(s.agent_name) = 1 THEN 'All' ELSE s.agent_name END AS agent_name, count(*) AS answers, avg((score_100 >= 75)::INTEGER) AS csat
FROM gold.survey_responses s
WHERE survey_type = 'CSAT' AND responded_at >= getvariable('as_of') - INTERVAL 89 DAY AND responded_at < getvariable('as_of') + INTERVAL 1 DAY
GROUP BY GROUPING SETS ((s.product_family), (s.region), (s.agent_name))
HAVING count(*) >= 5
ORDER BY grouping(s.region), grouping(s.product_family), csat DESC, answers DESC, region, product_family, agent_name;
