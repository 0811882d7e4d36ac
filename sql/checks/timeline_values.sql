-- check: timeline_values
-- severity: error
-- table: gold.timeline_events
-- about: Events have a known type, severity and status, a title, a date, and nothing after the as-of date but
-- what is scheduled. Such an event would be misplaced or invisible on the timeline.
SELECT event_id, event_type, severity, status, event_date FROM gold.timeline_events
WHERE NOT coalesce(event_type IN ('SALES', 'RENEWAL', 'SUPPORT', 'BILLING', 'USAGE', 'ENGAGEMENT'), false)
   OR NOT coalesce(severity IN ('HIGH', 'MEDIUM', 'LOW', 'INFO'), false)
   OR NOT coalesce(status IN ('OPEN', 'RESOLVED', 'SCHEDULED'), false)
   OR event_title IS NULL OR event_description IS NULL OR event_subtype IS NULL OR event_date IS NULL
   OR (event_date >= as_of_end()) <> (status = 'SCHEDULED')
