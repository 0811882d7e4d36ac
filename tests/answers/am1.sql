-- What happened with the customer, as far as bills, payments, disputes and cases tell.
WITH mine AS (SELECT account FROM belongs WHERE customer = getvariable('acct')), paper AS (SELECT bill FROM bill SEMI JOIN mine USING (account))
SELECT 'bills', count(*) FROM bill SEMI JOIN mine USING (account) WHERE issued <= as_of_day()
UNION ALL SELECT 'payments', count(*) FROM settlement SEMI JOIN paper USING (bill) WHERE settled <= as_of_day()
UNION ALL SELECT 'disputes', count(*) FROM quarrel SEMI JOIN mine USING (account) WHERE opened <= as_of_day()
UNION ALL SELECT 'cases', count(*) FROM complaint SEMI JOIN mine USING (account) WHERE created < as_of_day() + 1
UNION ALL SELECT 'deals', count(*) FROM deal SEMI JOIN mine USING (account) WHERE created < as_of_day() + 1
-- answer
SELECT 'bills', count(*) FROM answer WHERE event_subtype = 'invoice_issued' UNION ALL SELECT 'payments', count(*) FROM answer WHERE event_subtype = 'payment_received'
UNION ALL SELECT 'disputes', count(*) FROM answer WHERE event_subtype = 'dispute_opened' UNION ALL SELECT 'cases', count(*) FROM answer WHERE event_subtype = 'case_opened'
UNION ALL SELECT 'deals', count(*) FROM answer WHERE event_subtype = 'opportunity_created'
