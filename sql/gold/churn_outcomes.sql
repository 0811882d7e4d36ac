-- grain: customer with recurring revenue x cutoff date x horizon
-- key: cutoff_date, horizon_days, master_account_id
-- storage: single
--
-- What became of the customers that could leave at a cutoff: churned if all MRR of the
-- customer, over all its accounts, was 0 for backtest.silent_days in a row inside
-- (cutoff + backtest.lead_days, cutoff + horizon]. The lead leaves out what was decided
-- already. A horizon that has not ended before the as-of has no row. Moving a service
-- between two accounts of a customer is no churn.
WITH trial AS (
  SELECT c.cutoff_date, h.horizon_days,
         c.cutoff_date + CAST(param('backtest.lead_days') AS INTEGER) + 1 AS first_day, c.cutoff_date + h.horizon_days AS last_day
  FROM (SELECT DISTINCT cutoff_date FROM gold.cutoff_accounts) c
  CROSS JOIN (SELECT CAST(unnest(param_numbers('backtest.horizon_days')) AS INTEGER) AS horizon_days) h
  WHERE c.cutoff_date + h.horizon_days < as_of()
), span AS (
  SELECT m.master_account_id, s.start_date, coalesce(s.end_date, DATE '9999-12-31') AS end_date
  FROM gold.mrr_spans s JOIN gold.account_members m ON m.account_id = s.account_id
  WHERE s.mrr > 0 AND s.start_date <= as_of()
), follower AS (
  -- The first day without MRR after each span, and the next start: the gaps of a customer.
  SELECT master_account_id,
         max(end_date) OVER (PARTITION BY master_account_id ORDER BY start_date, end_date ROWS UNBOUNDED PRECEDING) AS paid_until,
         lead(start_date) OVER (PARTITION BY master_account_id ORDER BY start_date, end_date) AS next_start
  FROM span
), gap AS (
  SELECT master_account_id, paid_until + 1 AS gap_from, coalesce(next_start - 1, DATE '9999-12-30') AS gap_to
  FROM follower
  WHERE paid_until < DATE '9999-12-31' AND coalesce(next_start, DATE '9999-12-31') > paid_until + 1
), lost AS (
  SELECT DISTINCT t.cutoff_date, t.horizon_days, g.master_account_id
  FROM gap g JOIN trial t ON least(g.gap_to, t.last_day) - greatest(g.gap_from, t.first_day) + 1 >= param('backtest.silent_days')
)
SELECT a.cutoff_date, t.horizon_days, a.master_account_id, l.master_account_id IS NOT NULL AS is_churned
FROM (SELECT DISTINCT cutoff_date, master_account_id FROM gold.cutoff_accounts) a
JOIN trial t ON t.cutoff_date = a.cutoff_date
LEFT JOIN lost l ON l.cutoff_date = a.cutoff_date AND l.horizon_days = t.horizon_days AND l.master_account_id = a.master_account_id
