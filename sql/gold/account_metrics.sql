-- grain: account, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- Every measure of an account at the as-of, once, with numerators and denominators of its
-- rates, so that customers are rolled up from counts and not from rates. A count or amount
-- is 0 only where its source is available in the account's region (ops.source_coverage, or
-- any fact of that region); else it is NULL. It is NULL, too, where all there is has no
-- exchange rate; services are NULL for an account that pays recurring revenue (by a contract
-- or its invoices) though no service of it is on record; and revenue is NULL for an account
-- that pays (MRR, deals won) though no billing system knows it: it is billed somewhere else,
-- or its billing account is not linked.
--
-- history_quality: before the region's last source began to be exported, what had been
-- overwritten in a source cannot be seen any more ('reconstructed').
--
-- Counts and amounts come from account_revenue, account_cases, account_sales, ar_aging and
-- account_debt_before; here it is decided which absent ones are 0 and which are not known.
WITH account AS (
  SELECT account_id, master_account_id, region, source_region FROM gold.account_members
  UNION ALL
  SELECT DISTINCT unassigned(source_region), CAST(NULL AS VARCHAR), source_region, source_region FROM gold.unassigned_facts
), covered AS (
  SELECT source_region, bool_or(silver_table IN ('asset_state_period', 'subscription', 'asset')) AS has_services,
         bool_or(silver_table IN ('asset_state_period', 'subscription', 'asset', 'contract')) AS has_mrr,
         bool_or(silver_table = 'invoice') AS has_billing, bool_or(silver_table = 'support_case') AS has_cases,
         bool_or(silver_table IN ('communication', 'case_milestone')) AS has_replies, bool_or(silver_table = 'case_milestone') AS has_milestones,
         bool_or(silver_table = 'opportunity') AS has_sales, bool_or(silver_table = 'contract') AS has_contracts,
         bool_or(silver_table IN ('activity', 'communication')) AS has_contact,
         bool_or(silver_table = 'usage_daily') AS has_usage, bool_or(silver_table = 'survey_response') AS has_surveys,
         max(day_of(first_exported_at)) FILTER (WHERE silver_table <> '') AS observed_from
  FROM ops.source_coverage WHERE is_available
  GROUP BY source_region
),

mrr AS (
  SELECT account_id,
         sum(mrr_usd) FILTER (WHERE month_start = date_trunc('month', as_of())) AS mrr_usd,
         sum(mrr_usd) FILTER (WHERE month_start = months_before(date_trunc('month', as_of()), 12)) AS mrr_12m_ago_usd,
         min(month_start) AS first_month, bool_or(mrr_usd > 0) AS had_mrr,
         coalesce(sum(fx_missing_count) FILTER (WHERE month_start = date_trunc('month', as_of())), 0) AS fx_missing,
         coalesce(sum(fx_missing_count) FILTER (WHERE month_start = months_before(date_trunc('month', as_of()), 12)), 0) AS fx_missing_12m_ago
  FROM gold.mrr_monthly GROUP BY account_id
), service AS (
  SELECT account_id, count(*) FILTER (WHERE is_active) AS active_services FROM gold.services GROUP BY account_id
), active_family AS (
  -- What an account has: it may pay for a family of which no service is on record.
  SELECT account_id, region, product_family FROM gold.services WHERE is_active AND product_family <> 'UNKNOWN'
  UNION
  SELECT account_id, region, product_family FROM gold.mrr_monthly WHERE month_start = date_trunc('month', as_of()) AND mrr_usd > 0 AND product_family <> 'UNKNOWN'
), family AS (
  SELECT account_id, count(DISTINCT product_family) AS product_families FROM active_family GROUP BY account_id
), on_sale AS (
  SELECT region, count(DISTINCT product_family) AS families FROM active_family GROUP BY region
), contract AS (
  SELECT account_id, min(effective_end) FILTER (WHERE is_active AND renewal_outcome = 'open' AND effective_end >= as_of()) AS contract_end_date
  FROM gold.contracts GROUP BY account_id
), renewal AS (
  SELECT account_id, count(*) FILTER (WHERE outcome = 'renewed') AS renewed_36m, count(*) AS decided_36m
  FROM gold.contract_terms
  WHERE outcome IN ('renewed', 'lost') AND ended_on > months_before(as_of(), param('customer_360.renewal_window_months')) AND ended_on <= as_of()
  GROUP BY account_id
), contact AS (
  SELECT coalesce(a.account_id, unassigned(c.source_region)) AS account_id, max(c.happened_at) AS last_contact_at
  FROM gold.contact_events c LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  WHERE c.is_two_way
  GROUP BY coalesce(a.account_id, unassigned(c.source_region))
), survey AS (
  SELECT DISTINCT a.source_region FROM gold.survey_responses s JOIN gold.account_members a ON a.account_id = s.account_id
),

joined AS (
  SELECT a.account_id, a.master_account_id, a.region, a.source_region,
         m.mrr_usd, m.mrr_12m_ago_usd, m.first_month, m.had_mrr,
         coalesce(m.fx_missing, 0) = 0 AS is_mrr_known, coalesce(m.fx_missing_12m_ago, 0) = 0 AS is_mrr_12m_ago_known,
         coalesce(v.has_mrr, false) OR bool_or(m.account_id IS NOT NULL) OVER w AS has_mrr, min(m.first_month) OVER w AS first_mrr_month,
         r.revenue_ttm_usd, r.revenue_prior_ttm_usd, r.had_revenue, r.account_id IS NOT NULL AS has_revenue_row,
         coalesce(r.fx_missing, 0) = 0 AS is_revenue_known, coalesce(r.fx_missing_prior, 0) = 0 AS is_prior_known,
         r.revenue_y3_usd, coalesce(r.fx_missing_y3, 0) = 0 AS is_y3_known,
         g.account_id IS NULL AND r.account_id IS NULL AND (coalesce(m.had_mrr, false) OR coalesce(o.won_24m, 0) > 0) AS is_unbilled, min(r.first_revenue_on) OVER w AS first_revenue_on,
         s.active_services, y.product_families, f.families AS families_on_sale, coalesce(v.has_services, false) OR bool_or(s.account_id IS NOT NULL) OVER w AS has_services,
         k.* EXCLUDE (account_id), coalesce(v.has_cases, false) OR bool_or(k.account_id IS NOT NULL) OVER w AS has_cases,
         coalesce(v.has_replies, false) OR bool_or(k.first_responses > 0) OVER w AS has_replies,
         coalesce(v.has_milestones, false) OR bool_or(k.milestones_due > 0) OVER w AS has_milestones,
         g.outstanding_usd, g.overdue_usd, g.undisputed_overdue_usd, g.max_days_overdue, g.is_credit_hold, g.payment_risk, g.on_time_rate_12m,
         g.credit_limit_usd, g.credit_utilization, g.invoices_due_12m, g.invoices_on_time_12m, g.account_id IS NOT NULL AS has_billing,
         CASE WHEN b.account_id IS NULL THEN 0 ELSE b.outstanding_usd END AS debt_then_usd,
         coalesce(v.has_billing, false) OR bool_or(g.account_id IS NOT NULL) OVER w AS region_has_billing,
         o.* EXCLUDE (account_id, fx_missing), coalesce(v.has_sales, false) OR bool_or(o.account_id IS NOT NULL) OVER w AS has_sales,
         c.contract_end_date, e.renewed_36m, e.decided_36m, coalesce(v.has_contracts, false) OR bool_or(c.account_id IS NOT NULL) OVER w AS has_contracts,
         n.last_contact_at, coalesce(v.has_contact, false) OR bool_or(n.account_id IS NOT NULL) OVER w AS has_contact,
         coalesce(v.has_usage, false) AS has_usage, coalesce(v.has_surveys, false) OR q.source_region IS NOT NULL AS has_surveys, v.observed_from,
         coalesce(m.fx_missing, 0) + coalesce(r.fx_missing, 0) + coalesce(g.fx_missing_count, 0) + coalesce(o.fx_missing, 0) AS fx_missing_count
  FROM account a
  LEFT JOIN covered v ON v.source_region = a.source_region
  LEFT JOIN survey q ON q.source_region = a.source_region
  LEFT JOIN mrr m ON m.account_id = a.account_id
  LEFT JOIN gold.account_revenue r ON r.account_id = a.account_id
  LEFT JOIN service s ON s.account_id = a.account_id
  LEFT JOIN family y ON y.account_id = a.account_id
  LEFT JOIN on_sale f ON f.region = a.region
  LEFT JOIN gold.account_cases k ON k.account_id = a.account_id
  LEFT JOIN gold.ar_aging g ON g.account_id = a.account_id AND g.as_of_date = as_of()
  LEFT JOIN gold.account_debt_before b ON b.account_id = a.account_id
  LEFT JOIN gold.account_sales o ON o.account_id = a.account_id
  LEFT JOIN contract c ON c.account_id = a.account_id
  LEFT JOIN renewal e ON e.account_id = a.account_id
  LEFT JOIN contact n ON n.account_id = a.account_id
  WINDOW w AS (PARTITION BY a.source_region)
)
SELECT account_id, master_account_id, region, source_region,
       has_mrr, region_has_billing OR has_revenue_row AS has_revenue, has_services, has_cases, has_billing, has_sales, has_contracts, has_contact, has_usage, has_surveys,
       coalesce(mrr_usd, CASE WHEN has_mrr AND is_mrr_known THEN 0 END) AS mrr_usd,
       coalesce(mrr_12m_ago_usd, CASE WHEN is_mrr_12m_ago_known AND first_mrr_month <= months_before(date_trunc('month', as_of()), 12) THEN 0 END) AS mrr_12m_ago_usd,
       coalesce(had_mrr, false) AS had_mrr,
       coalesce(revenue_ttm_usd, CASE WHEN (region_has_billing OR has_revenue_row) AND is_revenue_known AND NOT is_unbilled THEN 0 END) AS revenue_ttm_usd,
       coalesce(revenue_prior_ttm_usd, CASE WHEN is_prior_known AND NOT is_unbilled AND first_revenue_on <= months_before(as_of(), 12) THEN 0 END) AS revenue_prior_ttm_usd,
       coalesce(had_revenue, false) AS had_revenue,
       coalesce(revenue_y3_usd, CASE WHEN is_y3_known AND NOT is_unbilled AND first_revenue_on <= months_before(as_of(), 24) THEN 0 END) AS revenue_y3_usd,
       first_revenue_on <= months_before(as_of(), 24) + 1 AS has_24_months, first_revenue_on <= months_before(as_of(), 36) + 1 AS has_36_months,
       CASE WHEN active_services > 0 THEN active_services WHEN has_services AND is_mrr_known AND coalesce(mrr_usd, 0) = 0 THEN 0 END AS active_services,
       coalesce(product_families, CASE WHEN has_services THEN 0 END) AS product_families, families_on_sale,
       coalesce(open_cases, CASE WHEN has_cases THEN 0 END) AS open_cases, coalesce(open_cases_30d_ago, CASE WHEN has_cases THEN 0 END) AS open_cases_30d_ago,
       coalesce(cases_90d, CASE WHEN has_cases THEN 0 END) AS cases_90d, coalesce(escalations_90d, CASE WHEN has_cases THEN 0 END) AS escalations_90d,
       CASE WHEN has_cases AND has_milestones THEN coalesce(sla_breaches, 0) END AS sla_breaches_90d,
       first_response_minutes, coalesce(first_responses, 0) AS first_responses,
       CASE WHEN has_cases AND has_replies THEN coalesce(unanswered_cases, 0) END AS unanswered_cases, CASE WHEN has_replies THEN oldest_unanswered_hours END AS oldest_unanswered_hours,
       CASE WHEN has_cases AND has_replies THEN coalesce(closed_unanswered, 0) END AS closed_unanswered_90d,
       coalesce(milestones_due, 0) AS milestones_due, coalesce(milestones_met, 0) AS milestones_met,
       coalesce(resolutions_due, 0) AS resolutions_due, coalesce(resolutions_met, 0) AS resolutions_met, resolution_hours, coalesce(resolutions, 0) AS resolutions,
       outstanding_usd, overdue_usd, undisputed_overdue_usd, max_days_overdue, is_credit_hold, payment_risk, on_time_rate_12m, credit_limit_usd, credit_utilization,
       coalesce(invoices_due_12m, 0) AS invoices_due_12m, coalesce(invoices_on_time_12m, 0) AS invoices_on_time_12m,
       CASE WHEN has_billing THEN debt_then_usd END AS outstanding_30d_ago_usd,
       coalesce(won_24m, 0) AS won_24m, coalesce(closed_24m, 0) AS closed_24m, won_usd_24m, coalesce(won_valued_24m, 0) AS won_valued_24m, cycle_days_24m, coalesce(cycles_24m, 0) AS cycles_24m,
       coalesce(open_pipeline_usd, CASE WHEN has_sales AND coalesce(open_opportunities, 0) = 0 THEN 0 END) AS open_pipeline_usd,
       coalesce(weighted_pipeline_usd, CASE WHEN has_sales AND coalesce(open_opportunities, 0) = 0 THEN 0 END) AS weighted_pipeline_usd,
       coalesce(open_opportunities, CASE WHEN has_sales THEN 0 END) AS open_opportunities,
       coalesce(furthest_stage, CASE WHEN has_sales AND coalesce(open_opportunities, 0) = 0 THEN 'No open opportunity' END) AS current_stage,
       contract_end_date, coalesce(renewed_36m, 0) AS renewed_36m, coalesce(decided_36m, 0) AS decided_36m,
       last_contact_at, fx_missing_count,
       CASE WHEN as_of() < observed_from THEN 'reconstructed' ELSE 'observed' END AS history_quality
FROM joined
