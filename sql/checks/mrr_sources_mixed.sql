-- check: mrr_sources_mixed
-- severity: error
-- table: gold.mrr_monthly
-- about: An account takes its MRR from one source for all months; two would be added or show a change of
-- source as growth. Correct the choice in sql/gold/mrr_choices.sql.
SELECT account_id, count(DISTINCT mrr_source) AS sources FROM gold.mrr_monthly GROUP BY account_id HAVING count(DISTINCT mrr_source) <> 1
