-- Growing accounts: those that the answer names for nothing else, with 0.3 of what revenue grew by in the year.
WITH grown AS (
  SELECT c.account, c.name, sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 12 MONTH) AS usd, sum(usd) FILTER (WHERE day <= as_of_day() - INTERVAL 12 MONTH AND day > as_of_day() - INTERVAL 24 MONTH) AS before
  FROM flow f JOIN company c USING (account) GROUP BY ALL
)
SELECT g.name, 0.3 * (g.usd - g.before) FROM grown g SEMI JOIN (SELECT * FROM answer WHERE what = 'enterprise pricing') a ON a.account_name = g.name WHERE g.usd > 1.2 * g.before
UNION ALL SELECT 'offered what they have', 0
-- answer
SELECT account_name, expected_value_usd FROM answer WHERE what = 'enterprise pricing'
UNION ALL
SELECT 'offered what they have', count(*) FROM answer a JOIN company c ON c.name = a.account_name JOIN belongs b ON b.account = c.account JOIN belongs s ON s.customer = b.customer
JOIN service v ON v.account = s.account AND v.since <= as_of_day() AND (v.until IS NULL OR v.until >= as_of_day()) AND v.status <> 'Ordered'
JOIN installed i ON i.service = v.service JOIN item p ON p.product = i.product
WHERE list_contains(string_split(a.what, ', '), p.family)
