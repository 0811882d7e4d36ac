-- check: freshness
-- severity: warning
-- table: ops.source_coverage
-- about: A source whose newest export (or, without a known export time, newest event) lies more than
-- freshness.max_days before the as-of date. Its figures are old; see why the export or the feed stopped.
SELECT source_object || ' in ' || source_region AS feed, silver_table, last_exported_at, last_event_at
FROM ops.source_coverage
WHERE is_available AND row_count > 0
  AND NOT (last_exported_at IS NULL AND list_contains(param_list('freshness.reference_tables'), silver_table))
  AND coalesce(last_exported_at, last_event_at, TIMESTAMPTZ '0001-01-01 00:00:00+00')
      < as_of_end() - to_days(CAST(param('freshness.max_days') AS INTEGER) + 1)
