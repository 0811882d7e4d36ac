-- grain: region x segment x target month
-- key: target_month, region, segment
-- storage: single
--
-- The parts of the revenue forecast, for the forecast.months months after that of the as-of
-- date. Recurring revenue comes from the MRR at the as-of date, in USD at its rate:
--   contracted_usd  MRR whose contract still runs at the end of the month
--   renewal_usd     MRR whose contract has ended by then, times the measured renewal rate of the
--                   segment (contracts ended in forecast.renewal_window_months; of all segments
--                   where fewer than forecast.renewal_min_n were decided); and MRR under no
--                   contract, or where no contract was decided yet, times what a month usually
--                   keeps (GRR of one month over the last twelve closed ones; all where that is
--                   not known), to the power of the months ahead
--   pipeline_usd    monthly amounts of open deals times their measured win rate (deal_forecast)
-- all three times realisation: what the region invoices as recurring per USD of MRR, over the
-- last forecast.run_rate_months closed months (1 where no invoices tell).
--   other_usd       usage, one-off and credits, at their mean over the same months
-- A contract renewed before its end runs to the end of its successor; a cancelled asset leaves
-- on its last day. Nothing here knows of deals that are not yet open. A part is NULL, not 0, in a
-- region whose sources never told of it: no recurring revenue, no deal, no invoice at all.
WITH place AS (
  SELECT account_id, region, coalesce(segment, 'UNKNOWN') AS segment FROM gold.account_members
), contract AS (
  SELECT contract_id, account_id, least(end_date, terminated_on - 1) AS last_on, is_active, renewal_outcome, start_date > as_of() AS is_ahead
  FROM gold.contracts WHERE renewal_outcome IS NOT NULL
), latest AS (
  SELECT account_id, max(last_on) FILTER (WHERE is_active) AS active_end, max(last_on) FILTER (WHERE is_active OR is_ahead) AS final_end
  FROM contract GROUP BY account_id
), item AS (
  SELECT coalesce(p.region, m.region, 'UNKNOWN') AS region, coalesce(p.segment, 'UNKNOWN') AS segment,
         coalesce(CASE WHEN c.is_active AND c.renewal_outcome = 'renewed' THEN l.final_end WHEN c.is_active THEN c.last_on ELSE l.active_end END,
                  CASE WHEN s.mrr_source IN ('subscription', 'contract') THEN s.end_date END) AS last_on,
         CASE WHEN s.mrr_source = 'asset' THEN s.end_date END AS gone_after, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd
  FROM gold.mrr_spans s
  LEFT JOIN contract c ON c.contract_id = s.contract_id
  LEFT JOIN latest l ON l.account_id = s.account_id
  LEFT JOIN place p ON p.account_id = s.account_id
  LEFT JOIN gold.account_metrics m ON m.account_id = s.account_id
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = s.currency_iso_code
  WHERE active_on(as_of(), s.start_date, s.end_date, NULL, NULL)
  GROUP BY ALL
), decided AS (
  SELECT coalesce(p.segment, 'UNKNOWN') AS segment, count(*) FILTER (WHERE k.outcome = 'renewed') AS renewed, count(*) AS decided
  FROM gold.contract_terms k LEFT JOIN place p ON p.account_id = k.account_id
  WHERE k.outcome IN ('renewed', 'lost') AND k.ended_on <= as_of() AND k.ended_on > months_before(as_of(), param('forecast.renewal_window_months'))
  GROUP BY coalesce(p.segment, 'UNKNOWN')
), pooled AS (
  SELECT ratio(sum(renewed), sum(decided)) AS rate FROM decided
), renewal AS (
  SELECT segment, ratio(renewed, decided, param('forecast.renewal_min_n')) AS rate FROM decided
), kept AS (
  SELECT coalesce(ratio(sum(retained_capped_mrr_usd), sum(opening_mrr_usd)), 1) AS rate FROM gold.retention_monthly
  WHERE dimension = 'all' AND window_months = 1 AND is_closed_month AND month_start > months_before(closed_month(), 12)
), billed AS (
  SELECT r.region, coalesce(p.segment, 'UNKNOWN') AS segment, sum(r.recurring_usd) AS recurring_usd, sum(r.revenue_usd - coalesce(r.recurring_usd, 0)) AS other_usd
  FROM gold.revenue_metrics r LEFT JOIN place p ON p.account_id = r.account_id
  WHERE r.month_start > months_before(closed_month(), param('forecast.run_rate_months')) AND r.month_start <= closed_month()
  GROUP BY r.region, coalesce(p.segment, 'UNKNOWN')
), history AS (
  SELECT region, least(date_diff('month', min(month_start), closed_month()) + 1, param('forecast.run_rate_months')) AS months FROM gold.revenue_metrics GROUP BY region
), realised AS (
  SELECT b.region, ratio(sum(coalesce(b.recurring_usd, 0)), min(m.mrr_usd)) AS rate
  FROM billed b
  JOIN (SELECT region, sum(mrr_usd) AS mrr_usd FROM gold.mrr_monthly
        WHERE month_start > months_before(closed_month(), param('forecast.run_rate_months')) AND month_start <= closed_month() GROUP BY region) m ON m.region = b.region
  GROUP BY b.region
), target AS (
  SELECT k AS months_ahead, CAST(this_month() + to_months(CAST(k AS INTEGER)) AS DATE) AS target_month
  FROM (SELECT unnest(generate_series(1, CAST(param('forecast.months') AS BIGINT))) AS k)
), part AS (
  SELECT t.target_month, i.region, i.segment,
         CASE WHEN i.last_on >= last_day(t.target_month) THEN exact(i.mrr_usd) END AS contracted,
         CASE WHEN i.last_on >= last_day(t.target_month) THEN NULL
              WHEN i.last_on IS NOT NULL THEN exact(CAST(i.mrr_usd AS DOUBLE) * coalesce(w.rate, d.rate, pow(k.rate, t.months_ahead)))
              ELSE exact(CAST(i.mrr_usd AS DOUBLE) * pow(k.rate, t.months_ahead)) END AS renewal, NULL AS pipeline, NULL AS other
  FROM item i CROSS JOIN target t CROSS JOIN kept k CROSS JOIN pooled d LEFT JOIN renewal w ON w.segment = i.segment
  WHERE i.gone_after IS NULL OR i.gone_after >= last_day(t.target_month)
  UNION ALL
  SELECT t.target_month, f.region, coalesce(p.segment, 'UNKNOWN'), NULL, NULL, exact(CAST(f.monthly_usd AS DOUBLE) * f.win_rate), NULL
  FROM gold.deal_forecast f JOIN target t ON t.target_month >= f.first_month AND (f.last_month IS NULL OR t.target_month <= f.last_month)
  LEFT JOIN place p ON p.account_id = f.account_id
  UNION ALL
  SELECT t.target_month, b.region, b.segment, NULL, NULL, NULL, exact(ratio(b.other_usd, h.months))
  FROM billed b JOIN history h ON h.region = b.region CROSS JOIN target t
)
SELECT p.target_month, p.region, p.segment,
       CASE WHEN p.region IN (SELECT region FROM gold.mrr_monthly)
            THEN CAST(round(CAST(coalesce(sum(p.contracted), 0) AS DOUBLE) * coalesce(min(r.rate), 1), 2) AS DECIMAL(18,2)) END AS contracted_usd,
       CASE WHEN p.region IN (SELECT region FROM gold.mrr_monthly)
            THEN CAST(round(CAST(coalesce(sum(p.renewal), 0) AS DOUBLE) * coalesce(min(r.rate), 1), 2) AS DECIMAL(18,2)) END AS renewal_usd,
       CASE WHEN p.region IN (SELECT region FROM gold.opportunities)
            THEN CAST(round(CAST(coalesce(sum(p.pipeline), 0) AS DOUBLE) * coalesce(min(r.rate), 1), 2) AS DECIMAL(18,2)) END AS pipeline_usd,
       CASE WHEN p.region IN (SELECT region FROM gold.revenue_metrics) THEN CAST(round(coalesce(sum(p.other), 0), 2) AS DECIMAL(18,2)) END AS other_usd,
       coalesce(min(r.rate), 1) AS realisation
FROM part p LEFT JOIN realised r ON r.region = p.region
GROUP BY p.target_month, p.region, p.segment
