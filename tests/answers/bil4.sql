-- Customers with an account on hold, their open deals and what is overdue of these accounts.
WITH held AS (SELECT DISTINCT account FROM ledger WHERE hold_from <= as_of_day() AND (hold_to IS NULL OR hold_to > as_of_day()))
SELECT 'customers', count(DISTINCT customer) FROM held JOIN belongs USING (account)
UNION ALL SELECT 'pipeline', sum(round(d.amount / r.rate, 2)) FROM deal d JOIN rate_now r USING (ccy) SEMI JOIN held USING (account) WHERE NOT d.closed
UNION ALL SELECT 'overdue', sum(o.usd) FROM owed o SEMI JOIN held USING (account) WHERE o.amount > 0.01 AND o.due < as_of_day()
-- answer
SELECT 'customers', customers_on_hold FROM answer UNION ALL SELECT 'pipeline', blocked_pipeline_usd FROM answer UNION ALL SELECT 'overdue', overdue_usd FROM answer
