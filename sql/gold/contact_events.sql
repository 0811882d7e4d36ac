-- grain: contact between us and a customer
-- key: source_object, source_id
-- storage: partitioned
--
-- What counts as contact: a completed activity or a message, by account and person.
-- is_two_way (F58): a held meeting, a completed call that took place, an inbound message,
-- or an outbound message that was answered. Mass mail and internal notes are none.
WITH answered AS (
  SELECT DISTINCT in_reply_to_id AS communication_id
  FROM silver.communication
  WHERE direction = 'inbound' AND in_reply_to_id IS NOT NULL AND sent_at < as_of_end()
)
SELECT 'activity' AS source_object, a.activity_id AS source_id, a.account_id, a.end_user_id, a.owner_id,
       a.completed_at AS happened_at, lower(coalesce(a.activity_type, 'other')) AS kind, NULL AS direction,
       has_item(param_list('contacts.meeting_types'), a.activity_type) AS is_meeting,
       coalesce(a.was_held, true) AND coalesce(a.customer_attended, true)
         AND has_item(param_list('contacts.two_way_types'), a.activity_type) AS is_two_way, a.source_region
FROM silver.activity a
WHERE a.completed_at < as_of_end() AND coalesce(a.was_held, true)
UNION ALL
SELECT 'communication', c.communication_id, c.account_id, c.end_user_id, c.user_id, c.sent_at, lower(coalesce(c.channel, 'other')), c.direction,
       false, c.direction = 'inbound' OR n.communication_id IS NOT NULL OR coalesce(c.channel = 'call' AND c.duration_seconds > 0, false), c.source_region
FROM silver.communication c
LEFT JOIN answered n ON n.communication_id = c.communication_id
WHERE c.sent_at < as_of_end() AND coalesce(c.is_public, true)
