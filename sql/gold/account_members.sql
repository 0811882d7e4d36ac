-- grain: known account, with the customer it belongs to
-- key: account_id
-- storage: single
--
-- Which accounts are one customer, and what models need to know of an account before any
-- metric exists. Customers are the connected parts of the graph of accounts and the groups
-- they share (account_groups).
--
-- A steward's "not the same" keeps two accounts apart. Where the graph would join them, the
-- one with the larger id first loses its links by name, then, if that is not enough, those
-- by parent; links made by a steward always hold, so contradicting decisions stay together
-- and are marked.
--
-- The labels are found by minimum-label propagation; USING KEY keeps one label per node, so
-- the work grows with the edges and not with the square of a customer's accounts.
WITH RECURSIVE member AS (
  SELECT account_id, group_key, method FROM gold.account_groups WHERE is_usable
), apart AS (
  SELECT min(account_id) AS first_id, max(account_id) AS second_id
  FROM gold.account_groups WHERE method = 'manual' AND decision = 'different'
  GROUP BY group_key
),

-- What stewards joined: the smallest unit that is never cut.
manual_edge AS (
  SELECT account_id AS a, group_key AS b FROM member WHERE method = 'manual'
  UNION ALL
  SELECT group_key, account_id FROM member WHERE method = 'manual'
), manual_part(node, label) USING KEY (node) AS (
  SELECT node, min(account_id) FROM (SELECT account_id AS node, account_id FROM member WHERE method = 'manual'
                                     UNION ALL SELECT group_key, account_id FROM member WHERE method = 'manual') GROUP BY node
  UNION
  (SELECT e.b, min(p.label) FROM manual_part p JOIN manual_edge e ON e.a = p.node JOIN recurring.manual_part r ON r.node = e.b
   WHERE p.label < r.label GROUP BY e.b)
), unit AS (
  SELECT a.account_id, coalesce(p.label, a.account_id) AS unit_id
  FROM silver.account a LEFT JOIN manual_part p ON p.node = a.account_id
), apart_unit AS (
  SELECT DISTINCT least(u.unit_id, v.unit_id) AS first_id, greatest(u.unit_id, v.unit_id) AS second_id
  FROM apart p JOIN unit u ON u.account_id = p.first_id JOIN unit v ON v.account_id = p.second_id
  WHERE u.unit_id <> v.unit_id
), unit_member AS (
  SELECT DISTINCT u.unit_id, m.group_key, m.method
  FROM member m JOIN unit u ON u.account_id = m.account_id
  WHERE m.method <> 'manual'
),

-- All links.
edge_1 AS (
  SELECT unit_id AS a, group_key AS b FROM unit_member UNION ALL SELECT group_key, unit_id FROM unit_member
), part_1(node, label) USING KEY (node) AS (
  SELECT a, min(CASE WHEN a < b THEN a ELSE b END) FROM edge_1 GROUP BY a
  UNION
  (SELECT e.b, min(p.label) FROM part_1 p JOIN edge_1 e ON e.a = p.node JOIN recurring.part_1 r ON r.node = e.b
   WHERE p.label < r.label GROUP BY e.b)
), loser_1 AS (
  SELECT DISTINCT x.second_id AS unit_id
  FROM apart_unit x JOIN part_1 p ON p.node = x.first_id JOIN part_1 q ON q.node = x.second_id
  WHERE p.label = q.label
),

-- Without the links by name of those that must be kept apart.
unit_member_2 AS (
  SELECT m.* FROM unit_member m
  WHERE NOT (m.method <> 'parent' AND EXISTS (SELECT 1 FROM loser_1 l WHERE l.unit_id = m.unit_id))
), edge_2 AS (
  SELECT unit_id AS a, group_key AS b FROM unit_member_2 UNION ALL SELECT group_key, unit_id FROM unit_member_2
), part_2(node, label) USING KEY (node) AS (
  SELECT a, min(CASE WHEN a < b THEN a ELSE b END) FROM edge_2 GROUP BY a
  UNION
  (SELECT e.b, min(p.label) FROM part_2 p JOIN edge_2 e ON e.a = p.node JOIN recurring.part_2 r ON r.node = e.b
   WHERE p.label < r.label GROUP BY e.b)
), loser_2 AS (
  SELECT DISTINCT x.second_id AS unit_id
  FROM apart_unit x JOIN part_2 p ON p.node = x.first_id JOIN part_2 q ON q.node = x.second_id
  WHERE p.label = q.label
),

-- And without the links by parent where they still meet.
edge_3 AS (
  SELECT a, b FROM edge_2
  WHERE NOT EXISTS (SELECT 1 FROM loser_2 l WHERE l.unit_id = a OR l.unit_id = b)
), part_3(node, label) USING KEY (node) AS (
  SELECT a, min(CASE WHEN a < b THEN a ELSE b END) FROM edge_3 GROUP BY a
  UNION
  (SELECT e.b, min(p.label) FROM part_3 p JOIN edge_3 e ON e.a = p.node JOIN recurring.part_3 r ON r.node = e.b
   WHERE p.label < r.label GROUP BY e.b)
), placed AS (
  SELECT u.account_id, coalesce(p.label, 'unit|' || u.unit_id) AS label
  FROM unit u LEFT JOIN part_3 p ON p.node = u.unit_id
), founded AS (
  SELECT account_id, master_id(min(account_id) OVER (PARTITION BY label)) AS master_account_id FROM placed
)
SELECT a.account_id, f.master_account_id, a.account_name, a.account_type,
       coalesce(a.region, a.source_region, 'UNKNOWN') AS region,
       coalesce(CASE WHEN param_text('accounts.segment_column') = 'segment' THEN a.segment END, a.account_type, 'UNKNOWN') AS segment,
       a.industry, a.owner_id, u.user_name AS owner_name, coalesce(a.is_vip, false) AS is_vip,
       coalesce(a.customer_since, day_of(a.created_at)) AS customer_since,
       a.parent_account_id, a.source_system, a.source_region
FROM silver.account a
JOIN founded f ON f.account_id = a.account_id
LEFT JOIN silver."user" u ON u.user_id = a.owner_id
