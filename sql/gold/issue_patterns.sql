-- grain: product family x reason x as-of date
-- key: as_of_date, product_family, reason
-- storage: single
--
-- What customers call about, by the cases opened in issues.window_days against the same
-- number of days before. is_systemic: at least issues.systemic_accounts accounts are
-- affected, and issues.systemic_share of those that have the family (of all with a service,
-- for a family without), because among thousands of customers three always share a problem;
-- or there were issues.systemic_growth times as many cases as in the window before, which
-- had some. Never for cases without a reason, which have nothing in common.
--
-- repeat_accounts came back with the same problem within cases.repeat_days of its closure.
-- A problem without a case in both windows has no row. active_services is NULL where no
-- service is known at all.
WITH recent AS (
  SELECT *, day_of(created_at) > days_before(as_of(), param('issues.window_days')) AS is_now
  FROM gold.support_cases WHERE day_of(created_at) > days_before(as_of(), 2 * param('issues.window_days'))
), service AS (
  SELECT product_family, count(*) FILTER (WHERE is_active) AS active_services, count(DISTINCT account_id) FILTER (WHERE is_active) AS holders FROM gold.services GROUP BY product_family
), known AS (
  SELECT count(*) > 0 AS has_services, count(DISTINCT account_id) FILTER (WHERE is_active) AS holders FROM gold.services
), pattern AS (
  SELECT product_family, reason, count(*) FILTER (WHERE is_now) AS cases_90d, count(*) FILTER (WHERE NOT is_now) AS cases_prior_90d,
         count(DISTINCT account_id) FILTER (WHERE is_now AND master_account_id IS NOT NULL) AS accounts_affected,
         count(DISTINCT account_id) FILTER (WHERE is_now AND repeat_of_case_id IS NOT NULL) AS repeat_accounts,
         count(*) FILTER (WHERE is_now AND reopen_count > 0) AS reopened, count(reopen_count) FILTER (WHERE is_now) AS told, exact_quantile(CASE WHEN is_now THEN resolution_hours END, 0.5) AS median_resolution_hours,
         sum(milestones_met) FILTER (WHERE is_now) AS milestones_met, sum(milestones_due) FILTER (WHERE is_now) AS milestones_due
  FROM recent GROUP BY product_family, reason
)
SELECT as_of() AS as_of_date, p.product_family, p.reason, p.cases_90d, p.cases_prior_90d, p.accounts_affected, p.repeat_accounts,
       coalesce(s.active_services, CASE WHEN k.has_services THEN 0 END) AS active_services, 100 * ratio(p.cases_90d, s.active_services) AS cases_per_100_services,
       CASE WHEN p.told > 0 THEN ratio(p.reopened, p.cases_90d) END AS reopen_rate, p.median_resolution_hours, ratio(p.milestones_met, p.milestones_due) AS sla_compliance,
       p.reason <> 'UNKNOWN' AND (p.accounts_affected >= greatest(param('issues.systemic_accounts'), param('issues.systemic_share') * coalesce(nullif(s.holders, 0), k.holders)) OR (p.cases_prior_90d > 0 AND p.cases_90d >= param('issues.systemic_growth') * p.cases_prior_90d)) AS is_systemic
FROM pattern p CROSS JOIN known k
LEFT JOIN service s ON s.product_family = p.product_family
