-- grain: global customer
-- key: master_account_id
-- storage: single
--
-- What the models say of a customer, rolled up from its accounts. Churn risk and its
-- probability are the highest of the accounts with MRR (of all where none has any). Health is
-- the mean weighted by MRR, NULL where accounts with a score hold less than
-- rollup.min_mrr_share of it, the plain mean where nothing is paid. Amounts sum. The change in usage is weighted by the
-- MRR at the begin of the window, and NPS is taken from pooled answers. status, level and
-- ranks are those of active customers only.
WITH weight AS (
  SELECT s.account_id, sum(usd(s.mrr, r.units_per_usd)) AS mrr_then_usd
  FROM gold.mrr_spans s
  LEFT JOIN gold.fx_rates r ON r.rate_day = days_before(as_of(), param('usage.trend_days')) AND r.currency_iso_code = s.currency_iso_code
  WHERE active_on(days_before(as_of(), param('usage.trend_days')), s.start_date, s.end_date, NULL, NULL)
  GROUP BY s.account_id
), nps AS (
  SELECT m.master_account_id, 100 * ratio(sum(n.promoters) - sum(n.detractors), sum(n.responses), param('surveys.min_n')) AS nps_latest
  FROM gold.nps_trailing n JOIN gold.account_members m ON m.account_id = n.account_id
  WHERE n.month_start = this_month()
  GROUP BY m.master_account_id
), summed AS (
  SELECT o.master_account_id, bool_or(o.is_active) AS is_active, sum(o.clv_usd) AS clv_usd,
         weighted_health(sum(CAST(o.mrr_usd * o.health_score AS DECIMAL(38,9))), sum(o.mrr_usd) FILTER (WHERE o.health_score IS NOT NULL), sum(o.mrr_usd), exact_mean(o.health_score)) AS health_score,
         CASE WHEN bool_or(o.mrr_usd > 0) THEN max(o.churn_risk_score) FILTER (WHERE o.mrr_usd > 0) ELSE max(o.churn_risk_score) END AS churn_risk_score,
         CASE WHEN bool_or(o.mrr_usd > 0) THEN max(o.churn_probability) FILTER (WHERE o.mrr_usd > 0) ELSE max(o.churn_probability) END AS churn_probability,
         sum(o.revenue_at_risk_usd) AS revenue_at_risk_usd, min(o.revenue_at_risk_basis) AS revenue_at_risk_basis, sum(o.expected_growth_usd) AS expected_growth_usd,
         coalesce(ratio(sum(exact(CAST(w.mrr_then_usd AS DOUBLE) * o.usage_change_90d)), sum(w.mrr_then_usd) FILTER (WHERE o.usage_change_90d IS NOT NULL)),
                  exact_mean(o.usage_change_90d)) AS usage_change_90d
  FROM gold.account_outlook o LEFT JOIN weight w ON w.account_id = o.account_id
  GROUP BY o.master_account_id
), valued AS (
  SELECT *, CASE WHEN is_active AND (revenue_at_risk_usd IS NOT NULL OR expected_growth_usd IS NOT NULL)
                 THEN coalesce(revenue_at_risk_usd, 0) + coalesce(expected_growth_usd, 0) END AS priority_value_usd
  FROM summed
)
SELECT v.master_account_id, v.clv_usd, v.usage_change_90d, n.nps_latest, v.health_score, CASE WHEN v.is_active THEN health_band(v.health_score) END AS health_status,
       v.churn_risk_score, risk_band(v.churn_risk_score) AS risk_level, v.churn_probability, v.revenue_at_risk_usd, v.revenue_at_risk_basis, v.expected_growth_usd, v.priority_value_usd,
       CASE WHEN v.priority_value_usd IS NOT NULL THEN row_number() OVER (ORDER BY v.priority_value_usd DESC NULLS LAST, v.master_account_id) END AS priority_rank
FROM valued v LEFT JOIN nps n ON n.master_account_id = v.master_account_id
