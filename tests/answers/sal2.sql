-- Orders of the last twelve months of the accounts that the answer names, and the chance that
-- they are still there, worked out from their days of ordering by the formula of the model
-- (Fader, Hardie and Lee 2005) with the four parameters that were fitted.
WITH history AS (
  SELECT c.name, count(*) - 1 AS x, (max(s.day) - min(s.day)) / 7.0 AS tx, (as_of_day() - min(s.day)) / 7.0 AS t, sum(s.orders) FILTER (WHERE s.day > as_of_day() - INTERVAL 12 MONTH) AS recent
  FROM shopping s JOIN company c USING (account) SEMI JOIN answer a ON a.account_name = c.name GROUP BY c.account, c.name
), fitted AS (
  SELECT max(value) FILTER (WHERE parameter = 'r') AS r, max(value) FILTER (WHERE parameter = 'alpha') AS alpha, max(value) FILTER (WHERE parameter = 'a') AS a, max(value) FILTER (WHERE parameter = 'b') AS b
  FROM gold.order_parameters WHERE model = 'bg_nbd'
)
SELECT name || ' orders', coalesce(recent, 0) FROM history UNION ALL
SELECT name || ' alive percent', 100 / (1 + a / (b + x - 1) * power((alpha + t) / (alpha + tx), r + x)) FROM history, fitted WHERE x > 0
-- answer
SELECT account_name || ' orders', orders_12m FROM answer UNION ALL SELECT account_name || ' alive percent', 100 * p_alive FROM answer
