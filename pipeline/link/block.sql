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
CREATE OR REPLACE TEMP TABLE block AS
SELECT key, count(*) FILTER (NOT is_recent) AS n, count(*) FILTER (is_recent) AS n_recent
FROM read_parquet({{file}})
GROUP BY key
HAVING count(*) >= 2 AND bool_or(is_fresh) AND (n <= {{max_block}} OR n_recent BETWEEN 1 AND {{max_block}} OR key & 1 = 1);

-- Places matter only in large blocks that are worth it; of large blocks that are not, only the
-- recent names are.
CREATE OR REPLACE TEMP TABLE sized AS
SELECT k.key, k.name, k.is_fresh, k.is_recent, b.n, b.n_recent, NULL::BIGINT AS place, NULL::BIGINT AS place_recent
FROM read_parquet({{file}}) k JOIN block b USING (key)
WHERE (b.n <= {{max_block}} AND (b.n_recent <= {{max_block}} OR key & 1 = 0)) OR (key & 1 = 0 AND k.is_recent)
UNION ALL
SELECT key, name, is_fresh, is_recent, n, n_recent,
       CASE WHEN n > {{max_block}} THEN CASE WHEN is_recent THEN among_all - among_alike ELSE among_alike END END,
       CASE WHEN n_recent > {{max_block}} AND is_recent THEN among_alike END
FROM (
  SELECT k.*, b.n, b.n_recent, row_number() OVER (PARTITION BY k.key ORDER BY k.name) AS among_all, row_number() OVER (PARTITION BY k.key, k.is_recent ORDER BY k.name) AS among_alike
  FROM read_parquet({{file}}) k JOIN block b USING (key)
  WHERE (b.n > {{max_block}} OR b.n_recent > {{max_block}}) AND key & 1 = 1
);

-- From each fresh name to the others, and to the fresh ones that come after it.
CREATE OR REPLACE TEMP TABLE name_pair AS
SELECT DISTINCT least(a.name, b.name) AS a, greatest(a.name, b.name) AS b
FROM sized a JOIN sized b ON b.key = a.key AND (b.name > a.name OR NOT b.is_fresh)
WHERE a.n <= {{max_block}} AND a.is_fresh AND NOT a.is_recent AND NOT b.is_recent AND a.name <> b.name
UNION
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM (SELECT key, name, place, unnest(range(-{{neighbours}}, {{neighbours}} + 1)) AS step FROM sized WHERE place IS NOT NULL AND is_fresh AND NOT is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place = a.place + a.step AND NOT b.is_recent AND (a.step > 0 OR NOT b.is_fresh)
WHERE a.step <> 0
UNION -- recent names among themselves
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM sized a JOIN sized b ON b.key = a.key AND (b.name > a.name OR NOT b.is_fresh)
WHERE a.n_recent <= {{max_block}} AND a.is_fresh AND a.is_recent AND b.is_recent AND a.name <> b.name
UNION
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM (SELECT key, name, place_recent, unnest(range(-{{neighbours}}, {{neighbours}} + 1)) AS step FROM sized WHERE place_recent IS NOT NULL AND is_fresh AND is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place_recent = a.place_recent + a.step AND b.is_recent AND (a.step > 0 OR NOT b.is_fresh)
WHERE a.step <> 0
UNION -- recent names with the others: place says how many of these come before
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM sized a JOIN sized b ON b.key = a.key
WHERE a.n <= {{max_block}} AND a.is_recent AND NOT b.is_recent AND (a.is_fresh OR b.is_fresh)
UNION
SELECT least(a.name, b.name), greatest(a.name, b.name)
FROM (SELECT key, name, is_fresh, place, unnest(range(1 - {{neighbours}}, {{neighbours}} + 1)) AS step FROM sized WHERE place IS NOT NULL AND is_recent AND key & 1 = 1) a
JOIN sized b ON b.key = a.key AND b.place = a.place + a.step AND NOT b.is_recent
WHERE a.is_fresh OR b.is_fresh;
