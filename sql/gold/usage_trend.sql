-- grain: account x product family x usage type x as-of date
-- key: as_of_date, account_id, product_family, usage_type
-- storage: state
--
-- How the use of a service develops, and a row ALL x ALL for the account. usage_7d … are
-- means per covered day (usage_windows); change_90d = usage_90d / usage_prior_90d - 1.
--
-- trend: increasing, stable, declining; new (no use before), none (no use in both periods),
-- insufficient_history (fewer than usage.trend_min_covered_days in one of them). Only the
-- first three have a change.
--
-- usage_score_10 = 1 + 9 x the weighted share of the other accounts with the same family,
-- usage type and tenure band that use less, in 7, 30 and 180 days; for live services only,
-- and not for an account alone in its band.
--
-- The account's change and score weigh its families by their MRR usage.trend_days ago (at
-- today's rates; all alike where none of them had any), usage types within a family alike.
-- Its spikes_30d are days with any spike, its covered_days the least of its series.
WITH banded AS (
  SELECT w.*, w.ended_on IS NULL AS is_live,
         CASE WHEN m.customer_since IS NULL THEN -1 ELSE len(list_filter(param_numbers('usage.tenure_bands_months'), lambda b: b <= date_sub('month', m.customer_since, as_of()))) END AS tenure_band
  FROM gold.usage_windows w LEFT JOIN gold.account_members m ON m.account_id = w.account_id
), ranked AS (
  SELECT *, count(*) OVER (PARTITION BY product_family, usage_type, tenure_band, is_live) AS peers,
         CASE WHEN usage_7d IS NOT NULL THEN percent_rank() OVER (PARTITION BY product_family, usage_type, tenure_band, is_live, usage_7d IS NULL ORDER BY usage_7d) END AS rank_7d,
         CASE WHEN usage_30d IS NOT NULL THEN percent_rank() OVER (PARTITION BY product_family, usage_type, tenure_band, is_live, usage_30d IS NULL ORDER BY usage_30d) END AS rank_30d,
         CASE WHEN usage_180d IS NOT NULL THEN percent_rank() OVER (PARTITION BY product_family, usage_type, tenure_band, is_live, usage_180d IS NULL ORDER BY usage_180d) END AS rank_180d
  FROM banded
), weighed AS (
  SELECT *, param('usage.score_weights.days_7') + param('usage.score_weights.days_30') + param('usage.score_weights.days_180') AS full_weight,
         CASE WHEN rank_7d IS NULL THEN 0 ELSE param('usage.score_weights.days_7') END + CASE WHEN rank_30d IS NULL THEN 0 ELSE param('usage.score_weights.days_30') END
           + CASE WHEN rank_180d IS NULL THEN 0 ELSE param('usage.score_weights.days_180') END AS weight,
         param('usage.score_weights.days_7') * coalesce(rank_7d, 0) + param('usage.score_weights.days_30') * coalesce(rank_30d, 0)
           + param('usage.score_weights.days_180') * coalesce(rank_180d, 0) AS weighted_rank,
         CASE WHEN covered_days >= param('usage.trend_min_covered_days') THEN usage_90d / nullif(usage_prior_90d, 0) - 1 END AS change_90d
  FROM ranked
), series AS (
  SELECT account_id, product_family, usage_type, usage_7d, usage_30d, usage_90d, usage_prior_90d, usage_180d, change_90d, covered_days, spike_days, max_spike_ratio_7d,
         CASE WHEN covered_days < param('usage.trend_min_covered_days') THEN 'insufficient_history'
              WHEN usage_prior_90d = 0 AND usage_90d = 0 THEN 'none' WHEN usage_prior_90d = 0 THEN 'new' ELSE usage_direction(change_90d) END AS trend,
         CASE WHEN is_live AND peers >= param('usage.score_min_accounts') AND weight >= param('usage.score_min_coverage') * full_weight THEN 1 + 9 * weighted_rank / weight END AS usage_score_10
  FROM weighed
),

-- Families first: a family's change and score are the mean of its usage types.
mrr AS (
  SELECT s.account_id, s.product_family, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd
  FROM gold.mrr_spans s LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = s.currency_iso_code
  WHERE active_on(days_before(as_of(), param('usage.trend_days')), s.start_date, s.end_date, NULL, NULL)
  GROUP BY s.account_id, s.product_family
), family AS (
  SELECT s.account_id, s.product_family, coalesce(max(m.mrr_usd), 0) AS mrr_usd, exact_mean(s.change_90d) AS change_90d, exact_mean(s.usage_score_10) AS usage_score_10,
         min(s.covered_days) AS covered_days, max(s.max_spike_ratio_7d) AS max_spike_ratio_7d, bool_or(s.trend = 'new') AS is_new, bool_or(s.trend = 'insufficient_history') AS is_short
  FROM series s LEFT JOIN mrr m ON m.account_id = s.account_id AND m.product_family = s.product_family
  GROUP BY s.account_id, s.product_family
), weighted AS (
  SELECT *, CASE WHEN sum(mrr_usd) FILTER (WHERE change_90d IS NOT NULL) OVER w > 0 THEN mrr_usd ELSE 1 END AS change_weight,
         CASE WHEN sum(mrr_usd) FILTER (WHERE usage_score_10 IS NOT NULL) OVER w > 0 THEN mrr_usd ELSE 1 END AS score_weight
  FROM family WINDOW w AS (PARTITION BY account_id)
), account AS (
  SELECT account_id,
         ratio(sum(exact(change_90d * change_weight)), sum(change_weight) FILTER (WHERE change_90d IS NOT NULL)) AS change_90d,
         ratio(sum(exact(usage_score_10 * score_weight)), sum(score_weight) FILTER (WHERE usage_score_10 IS NOT NULL)) AS usage_score_10,
         min(covered_days) AS covered_days, max(max_spike_ratio_7d) AS max_spike_ratio_7d, bool_or(is_new) AS is_new, bool_or(is_short) AS is_short
  FROM weighted GROUP BY account_id
), account_spikes AS (
  SELECT account_id, count(DISTINCT day) AS spikes_30d FROM (SELECT account_id, unnest(spike_days) AS day FROM series) GROUP BY account_id
)
SELECT as_of() AS as_of_date, account_id, product_family, usage_type, usage_7d, usage_30d, usage_90d, usage_prior_90d, usage_180d, change_90d, covered_days, trend,
       len(spike_days) AS spikes_30d, max_spike_ratio_7d, usage_score_10
FROM series
UNION ALL
SELECT as_of(), a.account_id, 'ALL', 'ALL', NULL, NULL, NULL, NULL, NULL, a.change_90d, a.covered_days,
       CASE WHEN a.change_90d IS NOT NULL THEN usage_direction(a.change_90d) WHEN a.is_new THEN 'new' WHEN a.is_short THEN 'insufficient_history' ELSE 'none' END,
       CASE WHEN a.max_spike_ratio_7d IS NOT NULL OR p.account_id IS NOT NULL THEN coalesce(p.spikes_30d, 0) END, a.max_spike_ratio_7d, a.usage_score_10
FROM account a LEFT JOIN account_spikes p ON p.account_id = a.account_id
