-- How many of the accounts that the answer names have two or more escalations in 90 days, and
-- how many 50 USD or more undisputed and more than 30 days overdue, and how many a contract
-- without successor that ends in 90 days.
WITH named AS (SELECT c.account FROM company c SEMI JOIN answer a ON a.account_name = c.name QUALIFY count(*) OVER (PARTITION BY c.name) = 1), alarm AS (
  SELECT c.account FROM ticket_change h JOIN complaint c USING (ticket) SEMI JOIN named USING (account)
  WHERE h.field = 'IsEscalated' AND h.value = 'true' AND h.changed >= as_of_day() - 89 AND h.changed < as_of_day() + 1 GROUP BY c.account HAVING count(DISTINCT (h.ticket, h.changed)) >= 2
), debt AS (
  SELECT o.account FROM owed o SEMI JOIN named USING (account) ANTI JOIN (SELECT bill FROM quarrel WHERE opened <= as_of_day() AND (resolved IS NULL OR resolved > as_of_day())) q ON q.bill = o.bill
  WHERE o.amount > 0.01 AND o.due < as_of_day() GROUP BY o.account HAVING sum(o.usd) >= 50 AND max(as_of_day() - o.due) > 30
), ending AS (
  SELECT DISTINCT a.account FROM agreement a SEMI JOIN named USING (account)
  WHERE least(a.until, a.ended - 1) BETWEEN as_of_day() AND as_of_day() + 90 AND a.since <= as_of_day() AND a.status NOT IN ('Draft', 'In Approval Process')
    AND NOT EXISTS (SELECT 1 FROM agreement s WHERE s.predecessor = a.contract AND s.status NOT IN ('Draft', 'In Approval Process'))
)
SELECT 'ending', count(*) FROM ending UNION ALL SELECT 'escalated', count(*) FROM alarm UNION ALL SELECT 'in debt', count(*) FROM debt
-- answer
SELECT 'ending', count(*) FROM answer a WHERE list_contains(contributing_factors, 'contract_ending') AND (SELECT count(*) FROM company c WHERE c.name = a.account_name) = 1 UNION ALL
SELECT 'escalated', count(*) FROM answer a WHERE list_contains(contributing_factors, 'support_escalations') AND (SELECT count(*) FROM company c WHERE c.name = a.account_name) = 1
UNION ALL SELECT 'in debt', count(*) FROM answer a WHERE list_contains(contributing_factors, 'payment_overdue') AND (SELECT count(*) FROM company c WHERE c.name = a.account_name) = 1
