-- What happened with the customer, as far as bills, cases and deals tell.
WITH mine AS (SELECT account FROM belongs WHERE customer = getvariable('acct'))
SELECT 'bills', count(*) FROM bill SEMI JOIN mine USING (account) WHERE issued <= as_of_day()
UNION ALL SELECT 'cases', count(*) FROM complaint SEMI JOIN mine USING (account) WHERE created < as_of_day() + 1
-- answer
SELECT 'bills', count(*) FROM answer WHERE event_subtype = 'invoice_issued' UNION ALL SELECT 'cases', count(*) FROM answer WHERE event_subtype = 'case_opened'
