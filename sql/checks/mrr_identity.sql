-- check: mrr_identity
-- severity: error
-- table: gold.mrr_movements
-- about: Opening MRR plus and minus the movements is the closing MRR, per customer and month; the opening is the
-- closing of the month before, and no customer with MRR drops out without a row. If not, MRR appears or vanishes
-- between two months.
WITH unknown AS (
  SELECT DISTINCT month_start, master_account_id FROM gold.customer_mrr WHERE fx_missing_count > 0
), following AS (
  SELECT CAST(month_start + INTERVAL 1 MONTH AS DATE) AS month_start, master_account_id, closing_mrr_usd
  FROM gold.mrr_movements WHERE month_start < date_trunc('month', as_of())
)
SELECT coalesce(m.month_start, p.month_start) AS month_start, coalesce(m.master_account_id, p.master_account_id) AS master_account_id,
       p.closing_mrr_usd AS previous_closing, m.opening_mrr_usd, m.closing_mrr_usd, m.movement_type
FROM gold.mrr_movements m
FULL JOIN following p ON p.month_start = m.month_start AND p.master_account_id = m.master_account_id
LEFT JOIN unknown u ON u.month_start = coalesce(m.month_start, p.month_start) AND u.master_account_id = coalesce(m.master_account_id, p.master_account_id)
WHERE m.opening_mrr_usd + m.new_mrr_usd + m.reactivation_mrr_usd + m.expansion_mrr_usd - m.contraction_mrr_usd - m.churn_mrr_usd + m.fx_effect_usd <> m.closing_mrr_usd
   OR (m.movement_type <> 'opening' AND m.opening_mrr_usd <> coalesce(p.closing_mrr_usd, 0))
   OR (m.month_start IS NULL AND p.closing_mrr_usd <> 0 AND u.master_account_id IS NULL)
