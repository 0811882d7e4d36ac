-- Accounts with orders on three or more days whose silence exceeds nine tenths of their own intervals (1), or twice that (2).
WITH gap AS (
  SELECT account, day, day - lag(day) OVER (PARTITION BY account ORDER BY day) AS gap FROM shopping
), rhythm AS (
  SELECT account, count(*) AS days, as_of_day() - max(day) AS silence, quantile_cont(gap, 0.9) AS usual FROM gap GROUP BY account HAVING count(*) >= 3
)
SELECT c.name, CASE WHEN r.silence > 2 * r.usual THEN 2 ELSE 1 END FROM rhythm r JOIN company c USING (account) WHERE r.silence > r.usual
-- answer
SELECT account_name, CASE purchase_status WHEN 'lapsed' THEN 2 WHEN 'slowing' THEN 1 END FROM answer
