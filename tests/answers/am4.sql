-- Answers of the accounts that the user owns, by kind.
WITH mine AS (SELECT o.kind, o.score FROM opinion o JOIN company c USING (account) WHERE c.owner = left(getvariable('me'), 15) AND o.given < as_of_day() + 1)
SELECT kind, count(*) FROM mine GROUP BY kind UNION ALL SELECT 'sum of ' || kind, sum(score) FROM mine GROUP BY kind
-- answer
SELECT survey_type, count(*) FROM answer GROUP BY survey_type UNION ALL SELECT 'sum of ' || survey_type, sum(score) FROM answer GROUP BY survey_type
