-- grain: opening interval of a support calendar on one date
-- key: calendar_id, opens_at
-- storage: single
--
-- Support calendars laid out over the days cases can touch, as instants, with holidays
-- taken out and the calendar's own time zone applied per date (summer time included).
-- open_before is the open time, in seconds, of all earlier intervals of the calendar: the
-- open time between two instants is the difference of two look-ups, so that working out
-- business minutes costs one row per day and not one per minute.
WITH span AS (
  SELECT greatest(day_of(min(created_at)), as_of() - 7305) - 1 AS first_day FROM silver.support_case WHERE created_at < as_of_end()
), day AS (
  SELECT CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), CAST(as_of() + 1 AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS local_day
  FROM span WHERE first_day IS NOT NULL
), hours AS (
  SELECT row_id([source_system, source_region, business_hours_id]) AS calendar_id, business_hours_id, source_system, source_region,
         weekday, opens_minute, CASE WHEN closes_minute <= opens_minute THEN closes_minute + 1440 ELSE closes_minute END AS closes_minute, time_zone
  FROM silver.business_hours WHERE opens_minute IS NOT NULL AND closes_minute IS NOT NULL
), opening AS (
  SELECT h.calendar_id, h.business_hours_id, h.source_system, h.source_region,
         timezone(coalesce(h.time_zone, 'UTC'), CAST(d.local_day AS TIMESTAMP) + to_minutes(CAST(h.opens_minute AS BIGINT))) AS opens_at,
         timezone(coalesce(h.time_zone, 'UTC'), CAST(d.local_day AS TIMESTAMP) + to_minutes(CAST(h.closes_minute AS BIGINT))) AS closes_at
  FROM hours h JOIN day d ON isodow(d.local_day) = h.weekday
  WHERE NOT EXISTS (SELECT 1 FROM silver.holiday x
                    WHERE x.business_hours_id = h.business_hours_id AND x.source_system = h.source_system AND x.source_region = h.source_region
                      AND x.holiday_date = d.local_day)
)
SELECT calendar_id, business_hours_id, source_system, source_region, opens_at, closes_at,
       coalesce(sum(CAST(epoch(closes_at) AS BIGINT) - CAST(epoch(opens_at) AS BIGINT))
                OVER (PARTITION BY calendar_id ORDER BY opens_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS open_before
FROM opening
