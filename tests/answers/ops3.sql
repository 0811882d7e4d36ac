-- Complaints of 90 days: resolved by the target of their resolution milestone, of those whose target fell due.
WITH due AS (
  SELECT c.ticket, g.done IS NOT NULL AND g.done <= g.target AND g.done < as_of_day() + 1 AS met, g.target < as_of_day() + 1 OR g.done < as_of_day() + 1 AS fell
  FROM complaint c LEFT JOIN goal g ON g.ticket = c.ticket AND g.kind = 'Resolution'
  WHERE c.complains AND c.created >= as_of_day() - 89 AND c.created < as_of_day() + 1
)
SELECT 'complaints', count(DISTINCT ticket) FROM due
UNION ALL SELECT 'percent', 100.0 * count(DISTINCT ticket) FILTER (WHERE fell AND met) / count(DISTINCT ticket) FILTER (WHERE fell) FROM due
-- answer
SELECT 'complaints', complaints FROM answer UNION ALL SELECT 'percent', 100 * within_sla FROM answer
