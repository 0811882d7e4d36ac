-- grain: lead
-- key: lead_id
-- storage: single
--
-- Prospects before they become accounts. A lead is qualified if it was converted or is in
-- one of funnel.qualified_lead_statuses, as the lead funnel counts it. Lead scoring is not
-- built yet: score, grade and factors are NULL and missing_reason says so.
SELECT l.lead_id, l.company, l.status, coalesce(l.region, l.source_region, 'UNKNOWN') AS region,
       l.owner_id, u.user_name AS owner_name, l.lead_source, l.industry, l.created_at,
       CASE WHEN coalesce(l.is_converted, false) THEN true
            WHEN l.status IS NOT NULL THEN has_item(param_list('funnel.qualified_lead_statuses'), l.status) END AS is_qualified,
       coalesce(l.is_converted, false) AS is_converted, l.converted_date, l.converted_account_id, l.converted_opportunity_id,
       NULL AS lead_score, NULL AS lead_grade, NULL AS score_factors, 'lead_score: lead scoring is not built yet' AS missing_reason
FROM silver.lead l
LEFT JOIN silver."user" u ON u.user_id = l.owner_id
WHERE l.created_at IS NULL OR l.created_at < as_of_end()
