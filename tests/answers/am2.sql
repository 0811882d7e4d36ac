-- Of the signs of leaving three are found in the exports for every account: two or more
-- escalations in 90 days, 50 USD or more undisputed and more than 30 days overdue, a contract
-- without successor that ends in 90 days. Customers with two of them are named, and nobody
-- else for these; the score of everyone named follows from their signs (use and silence are
-- taken as the answer says); what is at risk of the likeliest is a year of what recurs, in hundreds.
WITH named AS (SELECT c.account, c.name FROM company c JOIN belongs b USING (account) SEMI JOIN today USING (customer) QUALIFY count(*) OVER (PARTITION BY c.name) = 1), alarm AS (
  SELECT c.account FROM ticket_change h JOIN complaint c USING (ticket)
  WHERE h.field = 'IsEscalated' AND h.value = 'true' AND h.changed >= as_of_day() - 89 AND h.changed < as_of_day() + 1 GROUP BY c.account HAVING count(DISTINCT (h.ticket, h.changed)) >= 2
), debt AS (
  SELECT o.account FROM owed o ANTI JOIN (SELECT bill FROM quarrel WHERE opened <= as_of_day() AND (resolved IS NULL OR resolved > as_of_day())) q ON q.bill = o.bill
  WHERE o.amount > 0.01 AND o.due < as_of_day() GROUP BY o.account HAVING sum(o.usd) >= 50 AND max(as_of_day() - o.due) > 30
), ending AS (
  SELECT DISTINCT account FROM agreement a
  WHERE least(until, ended - 1) BETWEEN as_of_day() AND as_of_day() + 90 AND since <= as_of_day() AND status NOT IN ('Draft', 'In Approval Process')
    AND NOT EXISTS (SELECT 1 FROM agreement s WHERE s.predecessor = a.contract AND s.status NOT IN ('Draft', 'In Approval Process'))
), sign AS (
  SELECT n.account, n.name, a.contributing_factors IS NOT NULL AS is_named, a.risk_level, CAST(n.account IN (SELECT account FROM alarm) AS INTEGER) AS alarms,
         CAST(n.account IN (SELECT account FROM debt) AS INTEGER) AS debts, CAST(n.account IN (SELECT account FROM ending) AS INTEGER) AS endings,
         CAST(coalesce(list_contains(a.contributing_factors, 'usage_decline'), false) AS INTEGER) AS declines, CAST(coalesce(list_contains(a.contributing_factors, 'no_engagement'), false) AS INTEGER) AS silences
  FROM named n LEFT JOIN answer a ON a.account_name = n.name
)
SELECT name || ' score', 100 * (1 - pow(0.65, alarms) * pow(0.65, debts) * pow(0.7, endings) * pow(0.55, declines) * pow(0.75, silences)) FROM sign WHERE is_named OR alarms + debts + endings >= 2
UNION ALL SELECT 'escalated', sum(alarms) FROM sign WHERE is_named UNION ALL SELECT 'in debt', sum(debts) FROM sign WHERE is_named UNION ALL SELECT 'ending', sum(endings) FROM sign WHERE is_named
UNION ALL SELECT s.name || ' at risk', 12 * sum(r.monthly / n.rate) / 100 FROM sign s JOIN recurring r USING (account) JOIN rate_now n USING (ccy)
WHERE s.risk_level = 'HIGH' AND r.since <= as_of_day() AND (r.until IS NULL OR r.until >= as_of_day()) GROUP BY s.name
-- answer
WITH single AS (SELECT * FROM answer a WHERE (SELECT count(*) FROM company c WHERE c.name = a.account_name) = 1)
SELECT account_name || ' score', churn_risk_score FROM single
UNION ALL SELECT 'ending', count(*) FROM single WHERE list_contains(contributing_factors, 'contract_ending')
UNION ALL SELECT 'escalated', count(*) FROM single WHERE list_contains(contributing_factors, 'support_escalations')
UNION ALL SELECT 'in debt', count(*) FROM single WHERE list_contains(contributing_factors, 'payment_overdue')
UNION ALL SELECT account_name || ' at risk', revenue_at_risk_usd / 100 FROM single WHERE risk_level = 'HIGH' AND revenue_at_risk_usd > 0
