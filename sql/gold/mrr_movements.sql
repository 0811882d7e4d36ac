-- grain: customer x month
-- key: month_start, master_account_id
-- storage: single
--
-- Why the MRR of a customer is not what it was a month ago. Per row
--   opening + new + reactivation + expansion - contraction - churn + fx_effect = closing
-- and the opening is the closing of the month before. Months are compared in the currency
-- of the contract at the rate of the previous month end; what is left is the effect of
-- exchange rates. movement_type, tested in this order: opening (first month that the source
-- covers, or the month before was not known), new (never paid before), reactivation, churn,
-- expansion, contraction, unchanged. A customer without MRR in both months has no row, nor
-- has a month in which an amount has no rate (the check mrr_months_unknown counts those).
-- An opening has no movement: its opening amount is its closing amount.
WITH monthly AS (
  SELECT month_start, master_account_id, currency_iso_code, sum(amount) AS amount, coalesce(sum(mrr_usd), 0) AS mrr_usd,
         sum(fx_missing_count) > 0 AS is_unknown, bool_or(month_start = first_month) AS is_first_month
  FROM gold.customer_mrr
  GROUP BY month_start, master_account_id, currency_iso_code
), side AS (
  SELECT month_start, master_account_id, currency_iso_code, amount, mrr_usd AS closing, CAST(0 AS DECIMAL(18,2)) AS opening, is_unknown, false AS was_unknown, is_first_month FROM monthly
  UNION ALL
  SELECT CAST(month_start + INTERVAL 1 MONTH AS DATE), master_account_id, currency_iso_code, -amount, 0, mrr_usd, false, is_unknown, false FROM monthly
  WHERE month_start < date_trunc('month', as_of())
), by_currency AS (
  SELECT month_start, master_account_id, currency_iso_code, sum(amount) AS change, sum(closing) AS closing, sum(opening) AS opening,
         bool_or(is_unknown) AS is_unknown, bool_or(was_unknown) AS was_unknown, bool_or(is_first_month) AS is_first_month
  FROM side GROUP BY month_start, master_account_id, currency_iso_code
), valued AS (
  SELECT b.month_start, b.master_account_id, sum(b.closing) AS closing, sum(b.opening) AS opening,
         coalesce(sum(usd(b.change, coalesce(p.units_per_usd, n.units_per_usd))), 0) AS change,
         bool_or(b.is_unknown) AS is_unknown, bool_or(b.was_unknown) AS was_unknown, bool_or(b.is_first_month) AS is_first_month
  FROM by_currency b
  LEFT JOIN gold.fx_rates p ON p.rate_day = b.month_start - 1 AND p.currency_iso_code = b.currency_iso_code
  LEFT JOIN gold.fx_rates n ON n.rate_day = least(last_day(b.month_start), as_of()) AND n.currency_iso_code = b.currency_iso_code
  GROUP BY b.month_start, b.master_account_id
), started AS (
  SELECT master_account_id, min(month_start) AS first_paid FROM valued WHERE closing > 0 OR is_unknown GROUP BY master_account_id
), named AS (
  SELECT v.*,
         CASE WHEN v.was_unknown THEN 'opening'
              WHEN v.opening <= 0 AND v.closing > 0 AND v.month_start = s.first_paid THEN CASE WHEN v.is_first_month THEN 'opening' ELSE 'new' END
              WHEN v.opening <= 0 AND v.closing > 0 THEN 'reactivation'
              WHEN v.closing <= 0 AND v.opening > 0 THEN 'churn'
              WHEN v.change > 0 THEN 'expansion'
              WHEN v.change < 0 THEN 'contraction' ELSE 'unchanged' END AS movement_type
  FROM valued v LEFT JOIN started s ON s.master_account_id = v.master_account_id
  WHERE NOT v.is_unknown
), moved AS (
  SELECT month_start, master_account_id, movement_type, closing,
         CASE WHEN movement_type = 'opening' THEN closing ELSE opening END AS opening,
         -- Who leaves takes all of it: no cent of rounding stays behind.
         CASE WHEN movement_type = 'opening' THEN 0 WHEN movement_type = 'churn' AND closing = 0 THEN -opening ELSE change END AS change
  FROM named
)
SELECT m.month_start, m.master_account_id, p.segment, p.region AS primary_region,
       m.opening AS opening_mrr_usd,
       CASE WHEN m.movement_type = 'new' THEN m.change ELSE 0 END AS new_mrr_usd,
       CASE WHEN m.movement_type = 'expansion' THEN m.change ELSE 0 END AS expansion_mrr_usd,
       CASE WHEN m.movement_type = 'contraction' THEN -m.change ELSE 0 END AS contraction_mrr_usd,
       CASE WHEN m.movement_type = 'churn' THEN -m.change ELSE 0 END AS churn_mrr_usd,
       CASE WHEN m.movement_type = 'reactivation' THEN m.change ELSE 0 END AS reactivation_mrr_usd,
       m.closing - m.opening - m.change AS fx_effect_usd,
       m.closing AS closing_mrr_usd, m.movement_type, last_day(m.month_start) <= as_of() AS is_closed_month
FROM moved m
LEFT JOIN gold.master_primary p ON p.master_account_id = m.master_account_id AND m.month_start BETWEEN p.from_month AND p.until_month
WHERE m.opening <> 0 OR m.closing <> 0
