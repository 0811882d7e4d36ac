-- grain: customer x driver
-- key: driver, master_account_id
-- storage: single
--
-- What customers met with in the drivers.exposure_days before the twelve months whose
-- outcomes are looked at (customer_outcomes). A customer counts as not exposed only where
-- its sources could have told: the driver's table is available in a region of the customer,
-- and sources of that kind reach back to the first day of the window.
WITH frame AS (
  SELECT last_day(months_before(closed_month(), 12)) AS last_day, days_before(last_day(months_before(closed_month(), 12)), param('drivers.exposure_days')) AS before_day
), driver AS (
  SELECT unnest(['price_increase', 'sla_breach', 'escalation', 'complaint', 'dispute', 'billing_error', 'competitor_mention', 'contact_left']) AS driver,
         unnest(['price_change', 'case_milestone', 'support_case', 'support_case', 'billing_dispute', 'invoice', 'opportunity', 'account_contact_relation']) AS needs_table,
         unnest(['invoice', 'support_case', 'support_case', 'support_case', 'invoice', 'invoice', 'opportunity', 'end_user']) AS since_table
), region_source AS (
  SELECT source_region, silver_table, min(day_of(first_event_at)) AS first_day FROM ops.source_coverage WHERE is_available GROUP BY source_region, silver_table
), told AS (
  -- Tables of rare things (a dispute) begin late; the kind of source they are part of tells.
  SELECT d.driver, n.source_region
  FROM driver d
  JOIN region_source n ON n.silver_table = d.needs_table
  LEFT JOIN region_source s ON s.silver_table = d.since_table AND s.source_region = n.source_region
  CROSS JOIN frame f
  WHERE least(n.first_day, s.first_day) <= f.before_day + 1
), customer AS (
  SELECT DISTINCT master_account_id, source_region FROM gold.account_members
), covered AS (
  SELECT DISTINCT t.driver, c.master_account_id FROM customer c JOIN told t ON t.source_region = c.source_region
), happened AS (
  SELECT i.incident_kind AS driver, i.master_account_id, count(*) AS incidents
  FROM gold.account_incidents i CROSS JOIN frame f
  WHERE i.master_account_id IS NOT NULL AND i.happened_on > f.before_day AND i.happened_on <= f.last_day
  GROUP BY i.incident_kind, i.master_account_id
), answer AS (
  SELECT r.master_account_id, upper(r.survey_type) AS survey_type, r.score_100,
         row_number() OVER (PARTITION BY upper(r.survey_type), coalesce(r.end_user_id, r.survey_response_id) ORDER BY r.responded_at DESC, r.survey_response_id) AS latest
  FROM gold.survey_responses r CROSS JOIN frame f
  WHERE upper(r.survey_type) IN ('NPS', 'CSAT') AND r.score_100 IS NOT NULL AND r.master_account_id IS NOT NULL
    AND day_of(r.responded_at) > f.before_day AND day_of(r.responded_at) <= f.last_day
), mood AS (
  SELECT lower(survey_type) AS driver, master_account_id, exact_mean(score_100) AS score FROM answer WHERE latest = 1 GROUP BY survey_type, master_account_id
)
SELECT c.driver, c.master_account_id, coalesce(h.incidents, 0) AS driver_value, h.incidents IS NOT NULL AS is_exposed
FROM covered c LEFT JOIN happened h ON h.driver = c.driver AND h.master_account_id = c.master_account_id
UNION ALL
SELECT driver, master_account_id, score, CASE driver WHEN 'nps' THEN score <= param('drivers.nps_exposed_upto') ELSE score < param('drivers.csat_exposed_below') END FROM mood
