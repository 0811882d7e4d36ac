-- Which names are worth comparing. {{file}} (key, name, is_fresh) holds every blocking key of every
-- distinct name; names are numbered in the order of their letters. is_fresh marks the names
-- that are new since the pairs were last made: only pairs with one of them come out.
--
-- A block of at most {{max_block}} names is compared all with all. A larger one is a common
-- word or start: where the key says that it is worth it (odd keys), each name is compared
-- with its {{neighbours}} next neighbours, which are spelt most alike.
CREATE OR REPLACE TEMP TABLE sized AS
SELECT key, name, is_fresh, n, CASE WHEN n > {{max_block}} THEN row_number() OVER (PARTITION BY key ORDER BY name) END AS place
FROM (
  SELECT k.key, k.name, k.is_fresh, count(*) OVER (PARTITION BY k.key) AS n, bool_or(k.is_fresh) OVER (PARTITION BY k.key) AS is_touched
  FROM read_parquet({{file}}) k
)
WHERE n >= 2 AND is_touched AND (n <= {{max_block}} OR key & 1 = 1);

CREATE OR REPLACE TEMP TABLE name_pair AS
SELECT DISTINCT a.name AS a, b.name AS b
FROM sized a JOIN sized b ON b.key = a.key AND b.name > a.name
WHERE a.n <= {{max_block}} AND b.n <= {{max_block}} AND (a.is_fresh OR b.is_fresh)
UNION
SELECT a.name, b.name
FROM (SELECT key, name, is_fresh, place, unnest(range(1, {{neighbours}} + 1)) AS step FROM sized WHERE place IS NOT NULL) a
JOIN sized b ON b.key = a.key AND b.place = a.place + a.step
WHERE a.is_fresh OR b.is_fresh;
