-- Answers and net promoters of every month; of the months that have ended since the exports
-- tell of two years, what the customers of a year before pay, at the rates of then; and in the
-- running month a year of what recurs with the likeliest to leave (who that is AM2 looks at).
WITH given AS (SELECT strftime(given, '%Y-%m') AS month, score FROM opinion WHERE kind = 'NPS' AND score BETWEEN 0 AND 10 AND lowest = 0 AND highest = 10 AND given < as_of_day() + 1), month AS (
  SELECT strftime(month_start, '%Y-%m') AS month, last_day(month_start) AS ends, last_day(CAST(month_start - INTERVAL 12 MONTH AS DATE)) AS begins FROM answer WHERE nrr IS NOT NULL AND last_day(month_start) <= as_of_day()
), then_rate AS (
  SELECT m.month, r.ccy, arg_max(r.rate, r.rate_day) AS rate FROM month m JOIN rate r ON r.rate_day <= m.begins GROUP BY ALL
), paid AS (
  SELECT m.month, r.customer, coalesce(sum(r.monthly / n.rate) FILTER (WHERE r.since <= m.begins AND (r.until IS NULL OR r.until >= m.begins)), 0) AS before,
         coalesce(sum(r.monthly / n.rate) FILTER (WHERE r.since <= m.ends AND (r.until IS NULL OR r.until >= m.ends)), 0) AS after
  FROM month m CROSS JOIN recurring r JOIN then_rate n ON n.month = m.month AND n.ccy = r.ccy GROUP BY ALL
)
SELECT month || ' answers', count(*) FROM given GROUP BY month
UNION ALL SELECT month || ' nps', 100.0 * (count(*) FILTER (WHERE score >= 9) - count(*) FILTER (WHERE score <= 6)) / count(*) FROM given GROUP BY month HAVING count(*) >= 5
UNION ALL SELECT month || ' nrr in tens of percent', 10 * sum(after) / sum(before) FROM paid WHERE before > 0 GROUP BY month
UNION ALL SELECT 'at risk in thousands', 12 * sum(r.monthly / n.rate) / 1000 FROM recurring r JOIN rate_now n USING (ccy)
WHERE r.since <= as_of_day() AND (r.until IS NULL OR r.until >= as_of_day()) AND r.account IN (SELECT left(account_id, 15) FROM gold.churn_risk WHERE is_primary AND as_of_date = as_of_day() AND risk_level = 'HIGH')
HAVING count(*) > 0 AND (SELECT max(month_start) FROM answer) >= date_trunc('month', as_of_day())
-- answer
SELECT strftime(month_start, '%Y-%m') || ' answers', responses FROM answer UNION ALL SELECT strftime(month_start, '%Y-%m') || ' nps', nps FROM answer WHERE nps IS NOT NULL
UNION ALL SELECT strftime(month_start, '%Y-%m') || ' nrr in tens of percent', 10 * nrr FROM answer WHERE nrr IS NOT NULL AND last_day(month_start) <= as_of_day()
UNION ALL SELECT 'at risk in thousands', revenue_at_risk_usd / 1000 FROM answer WHERE month_start = date_trunc('month', as_of_day())
