-- Which names are worth comparing. {{file}} (key, name, is_fresh, is_recent) holds every blocking
-- key of every distinct name; names are numbered in the order of their letters. is_fresh marks the
-- names that are new since the pairs were last made: only pairs with one of them come out.
--
-- A block of at most {{max_block}} names is compared all with all. A larger one is a common
-- word or start: where the key says that it is worth it (odd keys), each name is compared
-- with its {{neighbours}} next neighbours, which are spelt most alike.
--
-- Names of recent accounts alone (is_recent) are blocked by themselves, and with the others, whose
-- pairs therefore do not hang on them: they neither make a block large nor stand between neighbours.
CREATE OR REPLACE TEMP TABLE sized AS
SELECT key, name, is_fresh, is_recent, n, n_recent,
       CASE WHEN n > {{max_block}} THEN count(*) FILTER (NOT is_recent) OVER (PARTITION BY key ORDER BY name) END AS place,
       CASE WHEN n_recent > {{max_block}} THEN count(*) FILTER (is_recent) OVER (PARTITION BY key ORDER BY name) END AS place_recent
FROM (
  SELECT k.key, k.name, k.is_fresh, k.is_recent, count(*) FILTER (NOT k.is_recent) OVER (PARTITION BY k.key) AS n, count(*) FILTER (k.is_recent) OVER (PARTITION BY k.key) AS n_recent,
         bool_or(k.is_fresh) OVER (PARTITION BY k.key) AS is_touched
  FROM read_parquet({{file}}) k
)
WHERE n + n_recent >= 2 AND is_touched AND (n <= {{max_block}} OR n_recent BETWEEN 1 AND {{max_block}} OR key & 1 = 1);

CREATE OR REPLACE TEMP TABLE name_pair AS
SELECT DISTINCT a.name AS a, b.name AS b
FROM sized a JOIN sized b ON b.key = a.key AND b.name > a.name
WHERE a.n <= {{max_block}} AND b.n <= {{max_block}} AND NOT a.is_recent AND NOT b.is_recent AND (a.is_fresh OR b.is_fresh)
UNION
SELECT a.name, b.name
FROM (SELECT key, name, is_fresh, place, unnest(range(1, {{neighbours}} + 1)) AS step FROM sized WHERE place IS NOT NULL AND NOT is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place = a.place + a.step AND NOT b.is_recent
WHERE a.is_fresh OR b.is_fresh
UNION -- recent names among themselves
SELECT a.name, b.name
FROM sized a JOIN sized b ON b.key = a.key AND b.name > a.name
WHERE a.n_recent <= {{max_block}} AND b.n_recent <= {{max_block}} AND a.is_recent AND b.is_recent AND (a.is_fresh OR b.is_fresh)
UNION
SELECT a.name, b.name
FROM (SELECT key, name, is_fresh, place_recent, unnest(range(1, {{neighbours}} + 1)) AS step FROM sized WHERE place_recent IS NOT NULL AND is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place_recent = a.place_recent + a.step AND b.is_recent
WHERE a.is_fresh OR b.is_fresh
UNION -- recent names with the others: place says how many of these come before
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM sized a JOIN sized b ON b.key = a.key
WHERE a.n <= {{max_block}} AND b.n <= {{max_block}} AND a.is_recent AND NOT b.is_recent AND (a.is_fresh OR b.is_fresh)
UNION
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM (SELECT key, name, is_fresh, place, unnest(range(1 - {{neighbours}}, {{neighbours}} + 1)) AS step FROM sized WHERE place IS NOT NULL AND is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place = a.place + a.step AND NOT b.is_recent
WHERE a.is_fresh OR b.is_fresh;
