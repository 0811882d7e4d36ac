-- question: BIL2 Outstanding receivables by segment or account manager
-- asked by: billing and finance
-- tables: gold.ar_aging
-- variables: as_of
SELECT segment, owner_name, sum(outstanding_usd) AS outstanding_usd, sum(overdue_usd) AS overdue_usd FROM gold.ar_aging
WHERE as_of_date = getvariable('as_of') GROUP BY GROUPING SETS ((segment), (owner_name)) ORDER BY 3 DESC;
