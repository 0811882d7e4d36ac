-- Answers and net promoters of every month.
WITH given AS (SELECT strftime(given, '%Y-%m') AS month, score FROM opinion WHERE kind = 'NPS' AND score BETWEEN 0 AND 10 AND lowest = 0 AND highest = 10 AND given < as_of_day() + 1)
SELECT month || ' answers', count(*) FROM given GROUP BY month
UNION ALL SELECT month || ' nps', 100.0 * (count(*) FILTER (WHERE score >= 9) - count(*) FILTER (WHERE score <= 6)) / count(*) FROM given GROUP BY month HAVING count(*) >= 5
-- answer
SELECT strftime(month_start, '%Y-%m') || ' answers', responses FROM answer UNION ALL SELECT strftime(month_start, '%Y-%m') || ' nps', nps FROM answer WHERE nps IS NOT NULL
