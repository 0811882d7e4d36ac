-- grain: global customer
-- key: master_account_id
-- storage: single
--
-- One row per customer over all regions. Amounts and counts are sums over its accounts,
-- rates are taken from pooled counts, dates are the earliest expiry and the latest contact.
-- Segment, industry, primary region and owner are those of the account with most
-- revenue_ttm_usd, ties by id. What the models say is rolled up in customer_outlook;
-- priority_rank orders active customers by revenue_at_risk_usd + expected_growth_usd.
--
-- linking_method is the strongest method that holds the accounts together (none for a
-- single account). confidence_score is that of the account that is held least: each by its
-- surest link. review_status: review (a pair with an account of it waits for a steward, or
-- stewards contradict each other), confirmed (stewards decided on every account), accepted,
-- not_linked.
WITH measured AS (
  SELECT m.*, a.account_name, a.segment, a.industry, a.owner_id, a.is_vip, a.customer_since,
         row_number() OVER (PARTITION BY m.master_account_id ORDER BY m.revenue_ttm_usd DESC NULLS LAST, m.account_id) AS rank
  FROM gold.account_metrics m JOIN gold.account_members a ON a.account_id = m.account_id
), foremost AS (
  SELECT master_account_id, account_name, segment, industry, owner_id, region FROM measured WHERE rank = 1
), accepted AS (
  SELECT master_account_id, account_id, method, confidence_score FROM gold.account_link WHERE is_accepted
  UNION ALL
  SELECT master_account_id, matched_account_id, method, confidence_score FROM gold.account_link WHERE is_accepted
), held AS (
  -- What holds an account is its surest link.
  SELECT master_account_id, account_id, max(confidence_score) AS confidence_score,
         min(CASE method WHEN 'manual' THEN 1 WHEN 'parent' THEN 2 WHEN 'exact' THEN 3 WHEN 'contact' THEN 4 ELSE 5 END) AS method,
         bool_or(method = 'manual') AS is_confirmed
  FROM accepted GROUP BY master_account_id, account_id
), link AS (
  SELECT master_account_id, min(method) AS method, min(confidence_score) AS confidence_score, bool_and(is_confirmed) AS is_confirmed
  FROM held GROUP BY master_account_id
), doubt AS (
  SELECT master_account_id FROM gold.link_review
  UNION
  SELECT matched_master_account_id FROM gold.link_review
), parent AS (
  SELECT m.master_account_id, min(p.ultimate_parent_account_id) AS ultimate_parent_account_id
  FROM gold.account_parents p JOIN gold.account_members m ON m.account_id = p.account_id
  GROUP BY m.master_account_id
), status AS (
  SELECT DISTINCT master_account_id, customer_status FROM gold.account_status
), summed AS (
  SELECT master_account_id, list(account_id ORDER BY account_id) AS regional_account_ids, sorted_set(list(region ORDER BY region)) AS regions,
         count(*) AS account_count, min(customer_since) AS customer_since, bool_or(is_vip) AS is_vip,
         sum(mrr_usd) AS mrr_usd, sum(revenue_ttm_usd) AS revenue_ttm_usd, sum(revenue_prior_ttm_usd) AS revenue_prior_ttm_usd,
         bool_and(has_24_months) AS has_24_months,
         sum(active_services) AS active_services, sum(open_cases) AS open_cases, sum(cases_90d) AS cases_90d,
         sum(milestones_due) AS milestones_due, sum(milestones_met) AS milestones_met,
         sum(first_response_minutes) AS first_response_minutes, sum(first_responses) AS first_responses,
         sum(outstanding_usd) AS outstanding_usd, sum(overdue_usd) AS overdue_usd, max(max_days_overdue) AS max_days_overdue,
         max(CASE payment_risk WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 END) AS payment_risk,
         min(contract_end_date) AS contract_end_date, max(last_contact_at) AS last_contact_at
  FROM measured GROUP BY master_account_id
)
SELECT s.master_account_id, l.account_name AS master_account_name, p.ultimate_parent_account_id, s.regional_account_ids, s.regions, s.account_count,
       CASE WHEN s.account_count > 1 THEN k.confidence_score END AS confidence_score,
       CASE k.method WHEN 1 THEN 'manual' WHEN 2 THEN 'parent' WHEN 3 THEN 'exact' WHEN 4 THEN 'contact' WHEN 5 THEN 'fuzzy' ELSE 'none' END AS linking_method,
       CASE WHEN d.master_account_id IS NOT NULL THEN 'review' WHEN s.account_count = 1 THEN 'not_linked'
            WHEN k.is_confirmed THEN 'confirmed' ELSE 'accepted' END AS review_status,
       s.customer_since, l.segment, l.industry, s.is_vip, l.owner_id, l.region AS primary_region,
       c.customer_status,
       s.mrr_usd, s.mrr_usd * 12 AS arr_usd, s.revenue_ttm_usd, s.revenue_prior_ttm_usd,
       CASE WHEN s.has_24_months AND s.revenue_prior_ttm_usd > 0 THEN ratio(s.revenue_ttm_usd - s.revenue_prior_ttm_usd, s.revenue_prior_ttm_usd) END AS yoy_growth,
       o.clv_usd, s.active_services, s.open_cases, s.cases_90d,
       ratio(s.milestones_met, s.milestones_due) AS sla_compliance_90d,
       ratio(s.first_response_minutes, s.first_responses) AS avg_first_response_minutes,
       s.outstanding_usd, s.overdue_usd, s.max_days_overdue, CASE s.payment_risk WHEN 3 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' WHEN 1 THEN 'LOW' END AS payment_risk,
       s.contract_end_date, date_diff('day', as_of(), s.contract_end_date) AS days_to_expiry,
       date_diff('day', day_of(s.last_contact_at), as_of()) AS days_since_contact,
       o.health_score, o.health_status, o.churn_risk_score, o.risk_level, o.usage_change_90d, o.nps_latest,
       o.churn_probability, o.revenue_at_risk_usd, o.revenue_at_risk_basis, o.expected_growth_usd, o.priority_rank,
       as_of() AS as_of_date
FROM summed s
JOIN foremost l ON l.master_account_id = s.master_account_id
JOIN status c ON c.master_account_id = s.master_account_id
LEFT JOIN gold.customer_outlook o ON o.master_account_id = s.master_account_id
LEFT JOIN link k ON k.master_account_id = s.master_account_id
LEFT JOIN doubt d ON d.master_account_id = s.master_account_id
LEFT JOIN parent p ON p.master_account_id = s.master_account_id
