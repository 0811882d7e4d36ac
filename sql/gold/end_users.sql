-- grain: contact with engagement metrics
-- key: end_user_id
-- storage: single
--
-- The people at our customers and how we are in touch with them. Counts are 0 only where
-- the person's source delivers activities or messages, else NULL. sentiment_180d and
-- relationship_strength need text analysis and are NULL so far.
WITH available AS (
  SELECT source_region, bool_or(silver_table = 'activity') AS has_activity, bool_or(silver_table IN ('activity', 'communication')) AS has_contact,
         bool_or(silver_table = 'communication') AS has_message
  FROM ops.source_coverage WHERE is_available GROUP BY source_region
), contact AS (
  SELECT end_user_id,
         count(*) FILTER (WHERE is_recent) AS interactions,
         count(*) FILTER (WHERE is_recent AND is_meeting) AS meetings,
         count(*) FILTER (WHERE is_recent AND direction = 'inbound') AS inbound,
         max(happened_at) AS last_interaction_at,
         max(happened_at) FILTER (WHERE is_two_way) AS last_contact_at
  FROM (SELECT *, day_of(happened_at) > days_before(as_of(), param('contacts.window_days')) AS is_recent FROM gold.contact_events)
  WHERE end_user_id IS NOT NULL
  GROUP BY end_user_id
), role_on_deal AS (
  SELECT end_user_id, role FROM (
    SELECT r.end_user_id, r.role, row_number() OVER (PARTITION BY r.end_user_id ORDER BY count(*) DESC, r.role) AS rank
    FROM silver.opportunity_contact_role r WHERE r.role IS NOT NULL GROUP BY r.end_user_id, r.role)
  WHERE rank = 1
), relation AS (
  SELECT end_user_id, bool_and(NOT coalesce(is_active, true) OR coalesce(end_date < as_of(), false)) AS has_left
  FROM silver.account_contact_relation
  WHERE coalesce(is_direct, true)
  GROUP BY end_user_id
), person AS (
  SELECT e.*, coalesce(e.role, r.role) AS known_role
  FROM silver.end_user e LEFT JOIN role_on_deal r ON r.end_user_id = e.end_user_id
)
SELECT e.end_user_id, coalesce(a.account_id, unassigned(e.source_region)) AS account_id, a.master_account_id,
       nullif(trim(concat_ws(' ', e.first_name, e.last_name)), '') AS full_name, e.title, e.known_role AS role,
       has_item(param_list('contacts.decision_maker_roles'), e.known_role) AS is_decision_maker,
       has_item(param_list('contacts.influencer_roles'), e.known_role) AS is_influencer,
       coalesce(c.interactions, CASE WHEN v.has_contact THEN 0 END) AS interactions_90d,
       coalesce(c.meetings, CASE WHEN v.has_activity THEN 0 END) AS meetings_90d,
       coalesce(c.inbound, CASE WHEN v.has_message THEN 0 END) AS inbound_90d,
       c.last_interaction_at,
       date_diff('day', day_of(c.last_contact_at), as_of()) AS days_since_contact,
       NULL AS sentiment_180d, NULL AS relationship_strength,
       NOT coalesce(l.has_left, false) AS is_active, coalesce(l.has_left, false) AS left_company,
       e.account_id AS source_account_id
FROM person e
LEFT JOIN gold.account_members a ON a.account_id = e.account_id
LEFT JOIN contact c ON c.end_user_id = e.end_user_id
LEFT JOIN relation l ON l.end_user_id = e.end_user_id
LEFT JOIN available v ON v.source_region = e.source_region
