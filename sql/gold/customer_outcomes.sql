-- grain: customer x outcome
-- key: outcome, master_account_id
-- storage: single
--
-- What became of customers over the twelve months to the last closed month (t): churn and
-- net retention of those with MRR > 0 at t - 12, both months at the rates of t - 12; growth of
-- the revenue of these twelve months over the twelve before, where the source is that old;
-- the latest answer of every contact in them. Amounts without a rate leave a customer out.
WITH mrr AS (
  SELECT c.master_account_id, c.month_start, c.fx_missing_count, usd(c.amount, coalesce(p.units_per_usd, n.units_per_usd)) AS mrr_usd
  FROM gold.customer_mrr c
  LEFT JOIN gold.fx_rates p ON p.rate_day = last_day(months_before(closed_month(), 12)) AND p.currency_iso_code = c.currency_iso_code
  LEFT JOIN gold.fx_rates n ON n.rate_day = last_day(c.month_start) AND n.currency_iso_code = c.currency_iso_code
  WHERE c.month_start IN (closed_month(), months_before(closed_month(), 12)) AND c.first_full_month <= months_before(closed_month(), 12)
), kept AS (
  SELECT master_account_id, coalesce(sum(mrr_usd) FILTER (WHERE month_start < closed_month()), 0) AS opening, coalesce(sum(mrr_usd) FILTER (WHERE month_start = closed_month()), 0) AS closing
  FROM mrr GROUP BY master_account_id
  HAVING sum(fx_missing_count) = 0 AND opening > 0
), source AS (
  SELECT a.source_region, min(r.month_start) AS first_month
  FROM gold.revenue_metrics r JOIN gold.account_members a ON a.account_id = r.account_id
  GROUP BY a.source_region
), growth AS (
  SELECT a.master_account_id, coalesce(sum(r.revenue_usd) FILTER (WHERE r.month_start > months_before(closed_month(), 12)), 0) AS revenue_usd,
         sum(r.revenue_usd) FILTER (WHERE r.month_start <= months_before(closed_month(), 12)) AS prior_usd
  FROM gold.revenue_metrics r
  JOIN gold.account_members a ON a.account_id = r.account_id
  JOIN source s ON s.source_region IS NOT DISTINCT FROM a.source_region
  WHERE r.month_start <= closed_month() AND r.month_start > months_before(closed_month(), 24) AND s.first_month <= months_before(closed_month(), 23)
  GROUP BY a.master_account_id
), answer AS (
  SELECT master_account_id, score, nps_category, row_number() OVER (PARTITION BY coalesce(end_user_id, survey_response_id) ORDER BY responded_at DESC, survey_response_id) AS latest
  FROM gold.survey_responses
  WHERE upper(survey_type) = 'NPS' AND nps_category IS NOT NULL AND score IS NOT NULL AND master_account_id IS NOT NULL
    AND day_of(responded_at) <= last_day(closed_month()) AND day_of(responded_at) > last_day(months_before(closed_month(), 12))
)
SELECT 'churn_12m' AS outcome, master_account_id, CASE WHEN closing > 0 THEN 0 ELSE 1 END AS outcome_value, closing <= 0 AS is_bad FROM kept
UNION ALL
SELECT 'nrr_12m', master_account_id, ratio(greatest(closing, 0), opening), closing < opening FROM kept
UNION ALL
SELECT 'yoy_growth', master_account_id, ratio(revenue_usd - prior_usd, prior_usd), revenue_usd < prior_usd FROM growth WHERE prior_usd > 0
UNION ALL
SELECT 'nps', master_account_id, exact_mean(score), count(*) FILTER (WHERE lower(nps_category) = 'detractor') > count(*) FILTER (WHERE lower(nps_category) = 'promoter')
FROM answer WHERE latest = 1 GROUP BY master_account_id
