-- Cases whose last closing fell into 90 days: how many, and the mean hours that they took, less the time in which the customer was waited for.
WITH state AS (
  SELECT ticket, value, changed, lead(changed) OVER (PARTITION BY ticket ORDER BY changed) AS until FROM ticket_change WHERE field = 'Status' AND changed < as_of_day() + 1
), paused AS (
  SELECT ticket, sum(epoch(until) - epoch(changed)) / 3600 AS hours FROM state WHERE value = 'Waiting for Customer' AND until IS NOT NULL GROUP BY ticket
), last AS (
  SELECT ticket, arg_max(value, changed) AS status, max(changed) FILTER (WHERE value = 'Closed') AS closed FROM state GROUP BY ticket
), shut AS (
  SELECT c.ticket, (epoch(coalesce(l.closed, t.closed)) - epoch(c.created)) / 3600 - coalesce(p.hours, 0) AS hours, coalesce(l.closed, t.closed) AS closed
  FROM complaint c JOIN ticket t USING (ticket) LEFT JOIN last l USING (ticket) LEFT JOIN paused p USING (ticket)
  WHERE CASE WHEN l.status IS NULL THEN c.is_closed ELSE l.status = 'Closed' END
)
SELECT 'closed', count(*) FROM shut WHERE closed >= as_of_day() - 89 AND closed < as_of_day() + 1
UNION ALL SELECT 'mean', avg(hours) FROM shut WHERE closed >= as_of_day() - 89 AND closed < as_of_day() + 1
UNION ALL SELECT 'median', median(hours) FROM shut WHERE closed >= as_of_day() - 89 AND closed < as_of_day() + 1
UNION ALL SELECT 'open', (SELECT count(*) FROM complaint WHERE created < as_of_day() + 1) - (SELECT count(*) FROM shut)
-- answer
SELECT 'closed', closed_cases FROM answer UNION ALL SELECT 'mean', mean_hours FROM answer UNION ALL SELECT 'median', median_hours FROM answer UNION ALL SELECT 'open', open_now FROM answer
