-- The age of every open case.
WITH now AS (SELECT ticket, arg_max(value, changed) AS status FROM ticket_change WHERE field = 'Status' AND changed < as_of_day() + 1 GROUP BY ticket)
SELECT c.number, date_diff('day', CAST(c.created AS DATE), as_of_day()) FROM complaint c LEFT JOIN now n USING (ticket)
WHERE c.created < as_of_day() + 1 AND CASE WHEN n.status IS NULL THEN NOT c.is_closed ELSE n.status <> 'Closed' END
-- answer
SELECT case_number, age_days FROM answer
