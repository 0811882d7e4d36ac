-- check: freshness
-- severity: warning
-- table: ops.source_coverage
-- about: A source whose newest event lies more than freshness.max_days before the as-of date (tables of
-- reference data apart). Its figures are old; see why the export or the feed stopped.
SELECT source_object, source_region, silver_table, last_event_at FROM ops.source_coverage
WHERE is_available AND row_count > 0
  AND NOT list_contains(param_list('freshness.reference_tables'), silver_table)
  AND (last_event_at IS NULL OR last_event_at < as_of_end() - to_days(CAST(param('freshness.max_days') AS INTEGER) + 1))
