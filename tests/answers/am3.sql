-- Contracts that end in six months, in force, without a successor; before the first that ends
-- within three stand all others.
WITH next AS (
  SELECT a.* FROM agreement a WHERE a.until BETWEEN as_of_day() AND as_of_day() + INTERVAL 6 MONTH AND a.status NOT IN ('Draft', 'In Approval Process') AND (a.ended IS NULL OR a.ended > as_of_day())
  AND NOT EXISTS (SELECT 1 FROM agreement s WHERE s.predecessor = a.contract AND s.status NOT IN ('Draft', 'In Approval Process'))
)
SELECT 'contract ' || number, sum(until - as_of_day()) FROM next SEMI JOIN company USING (account) GROUP BY number
UNION ALL SELECT 'before the first within three', count(*) FROM next SEMI JOIN company USING (account) WHERE until >= as_of_day() + INTERVAL 3 MONTH
-- answer
SELECT 'contract ' || contract_number, sum(days_to_expiry) FROM answer GROUP BY contract_number
UNION ALL SELECT 'before the first within three', coalesce(min(rowid) FILTER (WHERE NOT in_3_to_6_months), count(*)) FROM answer
