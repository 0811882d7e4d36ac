-- check: orphan_facts
-- severity: error
-- table: gold.accounts
-- about: Every account id in gold exists in gold.accounts, so that totals over facts and over accounts agree.
-- If not, a model names accounts by other rules than account_members and unassigned() do. Of a table that keeps the
-- sets of earlier days only that of this day counts: accounts may have been deleted since.
SELECT f.table_name, f.account_id FROM (
  SELECT DISTINCT 'revenue_metrics' AS table_name, account_id FROM gold.revenue_metrics
  UNION ALL SELECT DISTINCT 'mrr_monthly' AS table_name, account_id FROM gold.mrr_monthly
  UNION ALL SELECT DISTINCT 'services' AS table_name, account_id FROM gold.services
  UNION ALL SELECT DISTINCT 'contracts' AS table_name, account_id FROM gold.contracts
  UNION ALL SELECT DISTINCT 'support_cases' AS table_name, account_id FROM gold.support_cases
  UNION ALL SELECT DISTINCT 'invoices' AS table_name, account_id FROM gold.invoices
  UNION ALL SELECT DISTINCT 'ar_aging' AS table_name, account_id FROM gold.ar_aging WHERE as_of_date = as_of()
  UNION ALL SELECT DISTINCT 'timeline_events' AS table_name, account_id FROM gold.timeline_events
  UNION ALL SELECT DISTINCT 'end_users' AS table_name, account_id FROM gold.end_users
  UNION ALL SELECT DISTINCT 'opportunity_line_items' AS table_name, account_id FROM gold.opportunity_line_items
  UNION ALL SELECT DISTINCT 'customer_360' AS table_name, account_id FROM gold.customer_360
) f
WHERE f.account_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM gold.accounts a WHERE a.account_id = f.account_id)
