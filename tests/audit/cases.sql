-- F40, F42, F44: open cases, and of 90 days volume, escalations and milestones.
WITH last_status AS (
  SELECT ticket, arg_max(value, changed) AS status FROM ticket_change WHERE field = 'Status' AND changed < as_of_day() + 1 GROUP BY ticket
), recent AS (
  SELECT ticket FROM ticket WHERE created >= as_of_day() - 89
), due AS (
  SELECT m.done IS NOT NULL AND m.done <= m.target AND m.done < as_of_day() + 1 AS met FROM milestone m JOIN recent USING (ticket)
  WHERE m.target < as_of_day() + 1 OR m.done < as_of_day() + 1
)
SELECT 'open', count(*) FROM ticket t LEFT JOIN last_status s USING (ticket) WHERE CASE WHEN s.status IS NULL THEN NOT t.is_closed ELSE s.status <> 'Closed' END
UNION ALL SELECT 'recent', count(*) FROM recent
UNION ALL SELECT 'escalated', count(DISTINCT ticket) FROM ticket_change JOIN ticket USING (ticket) WHERE field = 'IsEscalated' AND value = 'true' AND changed >= as_of_day() - 89
UNION ALL SELECT 'due', count(*) FROM due UNION ALL SELECT 'met', count(*) FROM due WHERE met
UNION ALL SELECT 'stray', count(*) FROM ticket ANTI JOIN account USING (account)
-- gold
SELECT 'open', sum(open_cases) FROM gold.customer_360 UNION ALL SELECT 'recent', sum(cases_90d) FROM gold.customer_360
UNION ALL SELECT 'escalated', sum(escalations_90d) FROM gold.customer_360
UNION ALL SELECT 'due', sum(milestones_due) FROM gold.account_metrics UNION ALL SELECT 'met', sum(milestones_met) FROM gold.account_metrics
UNION ALL SELECT 'stray', count(*) FROM gold.support_cases WHERE account_id LIKE 'UNASSIGNED-%'
