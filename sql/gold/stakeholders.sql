-- grain: contact in an account map
-- key: account_id, end_user_id
-- storage: single
--
-- The people of an account: those who work there and those related to it. buying_role is
-- the role the person most often has on deals of this account, else the one on the contact.
-- coverage_gap tells what is missing in our contact with a decision maker or influencer:
-- NULL means nothing, or that no source of contacts could tell. Influence, relationship
-- strength and sentiment need text analysis and are NULL so far.
WITH person AS (
  SELECT e.end_user_id, e.account_id, true AS is_direct, e.left_company AS has_left FROM gold.end_users e
  UNION ALL
  SELECT r.end_user_id, m.account_id, false, NOT bool_or(coalesce(r.is_active, true) AND coalesce(r.end_date >= as_of(), true))
  FROM silver.account_contact_relation r
  JOIN gold.account_members m ON m.account_id = r.account_id
  JOIN gold.end_users e ON e.end_user_id = r.end_user_id AND e.account_id <> m.account_id
  GROUP BY r.end_user_id, m.account_id
), deal_role AS (
  SELECT account_id, end_user_id, arg_max(role, (times, role)) AS role FROM (
    SELECT o.account_id, r.end_user_id, r.role, count(*) AS times
    FROM silver.opportunity_contact_role r JOIN gold.opportunities o ON o.opportunity_id = r.opportunity_id
    WHERE r.role IS NOT NULL GROUP BY o.account_id, r.end_user_id, r.role)
  GROUP BY account_id, end_user_id
), contact AS (
  SELECT end_user_id, max(happened_at) AS last_contact_at FROM gold.contact_events
  WHERE is_two_way AND end_user_id IS NOT NULL GROUP BY end_user_id
), named AS (
  SELECT p.account_id, p.end_user_id, p.is_direct, p.has_left, e.full_name, e.title, coalesce(d.role, e.role) AS buying_role,
         s.owner_id, coalesce(s.do_not_contact, false) AS is_closed_to_us, c.last_contact_at, days_between(day_of(c.last_contact_at), as_of()) AS days_since_contact
  FROM person p
  JOIN gold.end_users e ON e.end_user_id = p.end_user_id
  JOIN silver.end_user s ON s.end_user_id = p.end_user_id
  LEFT JOIN deal_role d ON d.account_id = p.account_id AND d.end_user_id = p.end_user_id
  LEFT JOIN contact c ON c.end_user_id = p.end_user_id
), judged AS (
  SELECT *, has_item(param_list('contacts.decision_maker_roles'), buying_role) AS is_decision_maker,
         has_item(param_list('contacts.influencer_roles'), buying_role) AS is_influencer
  FROM named
)
SELECT j.account_id, j.end_user_id, m.master_account_id, j.full_name, j.title, j.buying_role, j.is_direct, j.is_decision_maker,
       NULL AS influence, NULL AS relationship_strength, NULL AS sentiment, j.last_contact_at, j.days_since_contact,
       coalesce(j.owner_id, m.owner_id) AS owner_id,
       CASE WHEN NOT (j.is_decision_maker OR j.is_influencer) THEN NULL
            WHEN j.has_left THEN 'left' || CASE WHEN j.is_direct THEN ' the company' ELSE ' the account' END
            WHEN j.is_closed_to_us THEN 'does not want to be contacted'
            WHEN j.days_since_contact > param('contacts.contact_flag_days') THEN 'no contact for ' || j.days_since_contact || ' days'
            WHEN j.last_contact_at IS NULL AND coalesce(k.has_contact, false) THEN 'never contacted' END AS coverage_gap
FROM judged j
LEFT JOIN gold.account_members m ON m.account_id = j.account_id
LEFT JOIN gold.account_metrics k ON k.account_id = j.account_id
