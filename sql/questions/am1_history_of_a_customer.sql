-- question: AM1 Complete history of interactions with one customer
-- asked by: account managers
-- tables: gold.timeline_events
-- variables: as_of, acct
-- sources: silver.account
-- columns: event_description whole, related_amount amount
-- empty: Nothing has happened with this customer.
--
-- Not limited to twelve months.
SELECT event_date, event_type, event_subtype, event_title, event_description, severity, related_amount, status
FROM gold.timeline_events
WHERE customer_id = getvariable('acct') AND known_at < getvariable('as_of') + INTERVAL 1 DAY
ORDER BY event_date DESC, event_id;
