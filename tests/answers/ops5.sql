-- Cases of 365 days that were reopened, or that follow a case of the same account, family and reason closed in the 90 days before.
WITH back AS (SELECT DISTINCT ticket FROM closing WHERE NOT closes AND before = 'Closed'), shut AS (
  SELECT c.ticket, c.account, c.family, c.reason, c.created, max(k.changed) FILTER (WHERE k.closes) AS closed
  FROM complaint c LEFT JOIN closing k USING (ticket) GROUP BY ALL
), again AS (
  SELECT DISTINCT n.ticket, n.account FROM complaint n JOIN shut e ON e.account = n.account AND e.family = n.family AND e.reason = n.reason AND e.ticket <> n.ticket
  WHERE e.created < n.created AND e.closed < n.created AND date_diff('day', CAST(e.closed AS DATE), CAST(n.created AS DATE)) <= 90 AND n.reason <> 'UNKNOWN'
), year AS (FROM complaint WHERE created >= as_of_day() - 364 AND created < as_of_day() + 1)
SELECT 'cases', count(*) FROM year
UNION ALL SELECT 'again percent', 100.0 * count(*) FILTER (WHERE ticket IN (SELECT ticket FROM back) OR ticket IN (SELECT ticket FROM again)) / count(*) FROM year
UNION ALL SELECT 'accounts', count(DISTINCT account) FROM again JOIN year USING (ticket, account)
-- answer
SELECT 'cases', cases FROM answer UNION ALL SELECT 'again percent', 100 * repeat_rate FROM answer UNION ALL SELECT 'accounts', repeat_accounts FROM answer
