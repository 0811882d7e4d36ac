-- grain: user x account allowed
-- key: user_id, account_id
-- storage: single
--
-- Who may see which account, by the strongest reason: owner, then member of the account
-- team, then manager of either, up the chain of at most access.manager_levels managers.
-- Inactive users may see nothing, but their managers still may. UNASSIGNED accounts are
-- nobody's.
WITH RECURSIVE direct AS (
  SELECT account_id, owner_id AS user_id, 'owner' AS access_level, 'owns the account' AS reason, 1 AS strength
  FROM gold.account_members WHERE owner_id IS NOT NULL
  UNION ALL
  SELECT t.account_id, t.user_id, 'team', 'is on the account team' || coalesce(' as ' || t.team_member_role, '') || coalesce(' (' || lower(t.account_access_level) || ')', ''), 2
  FROM silver.account_team_member t JOIN gold.account_members m ON m.account_id = t.account_id
  WHERE coalesce(t.account_access_level, '') <> 'None'
), above(user_id, manager_user_id, level) AS (
  SELECT user_id, manager_user_id, 1 FROM silver."user" WHERE manager_user_id IS NOT NULL AND manager_user_id <> user_id
  UNION
  SELECT a.user_id, u.manager_user_id, a.level + 1
  FROM above a JOIN silver."user" u ON u.user_id = a.manager_user_id
  WHERE u.manager_user_id IS NOT NULL AND a.level < param('access.manager_levels')
), granted AS (
  SELECT account_id, user_id, access_level, reason, strength, user_id AS via FROM direct
  UNION ALL
  SELECT d.account_id, a.manager_user_id, 'manager', 'manages ' || coalesce(u.user_name, d.user_id) || CASE d.access_level WHEN 'owner' THEN ', who owns the account' ELSE ', who is on the account team' END,
         2 + a.level * 2 + d.strength, d.user_id
  FROM direct d
  JOIN above a ON a.user_id = d.user_id
  LEFT JOIN silver."user" u ON u.user_id = d.user_id
), best AS (
  SELECT account_id, user_id, arg_min(access_level, (strength, via, reason)) AS access_level, arg_min(reason, (strength, via, reason)) AS reason
  FROM granted GROUP BY account_id, user_id
)
SELECT b.user_id, b.account_id, b.access_level, b.reason
FROM best b LEFT JOIN silver."user" u ON u.user_id = b.user_id
WHERE coalesce(u.is_active, true)
