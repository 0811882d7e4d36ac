-- Which accounts share a usable identifier. {{file}} (pair) holds the numbers of the accounts
-- that are to be compared; the tables are those of identifier.sql.
CREATE OR REPLACE TEMP TABLE account_pair AS
WITH usable AS (
  SELECT DISTINCT i.value, i.account, f.pair IS NOT NULL AS is_fresh
  FROM identifier i JOIN held h ON h.value = i.value AND NOT h.is_many AND h.accounts >= 2
  LEFT JOIN read_parquet({{file}}) f ON f.pair = i.account
)
SELECT DISTINCT a.account AS a, b.account AS b
FROM usable a JOIN usable b ON b.value = a.value AND b.account > a.account
WHERE a.is_fresh OR b.is_fresh;
