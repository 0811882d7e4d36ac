-- question: BIL2 Outstanding receivables by segment or account manager
-- asked by: billing
-- tables: gold.ar_aging
-- variables: as_of
-- sources: silver.invoice, silver.payment
-- empty: Nothing is owed.
--
-- By segment first, then by account manager; each adds up to the whole.
SELECT CASE WHEN grouping(r.segment) = 1 THEN 'All' ELSE r.segment END AS segment, CASE WHEN grouping(r.owner_name) = 1 THEN 'All' ELSE r.owner_name END AS owner_name,
       sum(outstanding_usd) AS outstanding_usd, sum(overdue_usd) AS overdue_usd
FROM gold.ar_aging r
WHERE r.as_of_date = getvariable('as_of')
GROUP BY GROUPING SETS ((r.segment), (r.owner_name))
HAVING sum(outstanding_usd) IS NOT NULL
ORDER BY grouping(r.segment), outstanding_usd DESC, segment, owner_name;
