-- Every overdue bill: days past due, and what is owed. Nothing can be netted against a bill whose currency has no rate.
WITH late AS (SELECT o.*, h.number FROM owed o JOIN invoice_head h USING (bill) WHERE (o.amount > 0.01 OR o.usd IS NULL) AND o.due < as_of_day() AND h.rebilled IS NULL)
SELECT 'bills', count(*) FROM late UNION ALL SELECT 'days', sum(as_of_day() - due) FROM late
UNION ALL SELECT 'usd of ' || c.region, sum(l.usd) FROM late l JOIN company c USING (account) GROUP BY c.region
-- answer
SELECT 'bills', count(*) FROM answer UNION ALL SELECT 'days', sum(days_overdue) FROM answer
UNION ALL SELECT 'usd of ' || c.region, sum(a.outstanding_usd) FROM answer a JOIN (SELECT DISTINCT name, region FROM company) c ON c.name = a.account_name GROUP BY c.region
