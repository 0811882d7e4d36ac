-- grain: account x months left under contract
-- key: account_id, contract_months
-- storage: single
--
-- The recurring revenue of each paying account at the as-of, by how long a contract still
-- secures it. A service named to a contract is secured to the end of that contract while
-- it is active; one named to none, to the latest end of the account's active contracts; a
-- contract without end secures nothing. contract_months are whole months from the as-of,
-- at most the horizon (at least 12). The parts of an account sum to its MRR; accounts without MRR > 0
-- have no row. tenure_months and segment are the customer's (see mrr_lifetimes).
WITH item AS (
  SELECT s.account_id, s.master_account_id, s.contract_id, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd,
         count(*) FILTER (WHERE r.units_per_usd IS NULL AND s.mrr <> 0) AS fx_missing_count
  FROM gold.mrr_spans s
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = s.currency_iso_code
  WHERE s.master_account_id IS NOT NULL AND active_on(as_of(), s.start_date, s.end_date, NULL, NULL)
  GROUP BY s.account_id, s.master_account_id, s.contract_id
), running AS (
  SELECT contract_id, account_id, least(end_date, terminated_on - 1) AS last_day, datesub('month', as_of(), least(end_date, terminated_on - 1)) AS months
  FROM gold.contracts WHERE is_active AND least(end_date, terminated_on - 1) IS NOT NULL
), contract AS (
  -- From 31 October to 30 November is a month, though it is only 30 days.
  SELECT contract_id, account_id, months + CASE WHEN as_of() + to_months(CAST(months + 1 AS INTEGER)) <= last_day THEN 1 ELSE 0 END AS months FROM running
), latest AS (
  SELECT account_id, max(months) AS months FROM contract GROUP BY account_id
), secured AS (
  SELECT i.account_id, i.master_account_id, i.mrr_usd, i.fx_missing_count,
         CAST(least(greatest(coalesce(CASE WHEN i.contract_id IS NULL THEN l.months ELSE c.months END, 0), 0), greatest(param('clv.horizon_months'), 12)) AS INTEGER) AS contract_months
  FROM item i
  LEFT JOIN contract c ON c.contract_id = i.contract_id
  LEFT JOIN latest l ON l.account_id = i.account_id
), part AS (
  SELECT account_id, master_account_id, contract_months, sum(mrr_usd) AS mrr_usd, sum(fx_missing_count) AS fx_missing_count
  FROM secured GROUP BY account_id, master_account_id, contract_months
), paying AS (
  SELECT account_id FROM part GROUP BY account_id HAVING sum(mrr_usd) > 0
)
SELECT p.account_id, p.master_account_id, p.contract_months, p.mrr_usd, p.fx_missing_count, l.segment, l.tenure_months
FROM part p
JOIN paying y ON y.account_id = p.account_id
JOIN gold.mrr_lifetimes l ON l.master_account_id = p.master_account_id AND l.is_current
