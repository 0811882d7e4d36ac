-- grain: account with recurring revenue x cutoff date
-- key: cutoff_date, account_id
-- storage: single
--
-- Who could leave, at the dates from which scores are judged: accounts of known customers
-- with MRR above 0 that day, and how much. A cutoff is the last as-of of a calendar month
-- for which scores are stored, in the last backtest.months; the customer is today's. MRR at
-- the rate of the cutoff, NULL without one.
WITH cutoff AS (
  SELECT max(as_of_date) AS cutoff_date
  FROM (SELECT DISTINCT as_of_date FROM past.churn_risk WHERE as_of_date > months_before(as_of(), param('backtest.months')))
  GROUP BY date_trunc('month', as_of_date)
), span AS (
  SELECT c.cutoff_date, s.account_id, s.currency_iso_code, sum(s.mrr) AS mrr
  FROM gold.mrr_spans s JOIN cutoff c ON s.start_date <= c.cutoff_date AND coalesce(s.end_date, c.cutoff_date) >= c.cutoff_date
  WHERE s.mrr > 0
  GROUP BY c.cutoff_date, s.account_id, s.currency_iso_code
)
SELECT s.cutoff_date, s.account_id, min(m.master_account_id) AS master_account_id, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd
FROM span s
JOIN gold.account_members m ON m.account_id = s.account_id
LEFT JOIN gold.fx_rates r ON r.rate_day = s.cutoff_date AND r.currency_iso_code = s.currency_iso_code
GROUP BY s.cutoff_date, s.account_id
