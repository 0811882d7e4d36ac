-- grain: contract with renewal outcome
-- key: contract_id
-- storage: single
--
-- What became, or will become, of every contract. effective_end is the earlier of end date
-- and termination. renewal_outcome:
--   renewed  a successor contract, a won renewal opportunity, a terminated contract replaced
--            by one of the same account within contracts.outcome_days, or a service of the
--            contract (or of its account, bound to no contract) active that many days after
--            the end. A contract renewed before it ends is renewed, not open.
--   lost     that many days passed without any of these
--   pending  ended, but not that long ago
--   open     not ended
-- NULL: never in force (inactive status). outcome_known_at is when the outcome was decided.
--
-- mrr_usd is the contract's part of monthly recurring revenue on its last day in force (at
-- most the as-of date): of the spans that name it, else of its total value over its term.
-- remaining_value_usd is the part of the total value not yet run off. Both at the rate of
-- the as-of date, so that contracts compare; total_value_usd at that of the start date.
--
-- A contract whose end was moved on in place is open with its new end; contract_terms has
-- the end that was moved, as renewed.
WITH contract AS (
  SELECT c.*, least(c.end_date, c.terminated_on) AS effective_end,
         NOT active_on(c.start_date, c.start_date, NULL, NULL, c.status) AS is_void
  FROM silver.contract c
), successor AS (
  SELECT p.contract_id, min(coalesce(s.activated_at, day_start(s.start_date))) AS since
  FROM contract p JOIN contract s ON s.renewal_of_contract_id = p.contract_id AND NOT s.is_void
  GROUP BY p.contract_id
), replaced AS (
  SELECT p.contract_id, min(day_start(s.start_date)) AS since
  FROM contract p JOIN contract s ON s.account_id = p.account_id AND s.contract_id <> p.contract_id AND NOT s.is_void
  WHERE p.terminated_on IS NOT NULL AND p.terminated_on = p.effective_end
    AND s.start_date > p.start_date AND abs(date_diff('day', p.terminated_on, s.start_date)) <= param('contracts.outcome_days')
  GROUP BY p.contract_id
), renewal AS (
  SELECT contract_id, opportunity_id, is_won, closed_at, close_day,
         row_number() OVER (PARTITION BY contract_id ORDER BY CASE WHEN is_won THEN 0 WHEN NOT is_closed THEN 1 ELSE 2 END, close_day DESC, opportunity_id) AS rank
  FROM gold.contract_opportunities WHERE role = 'renewal'
), renewed_by AS (
  SELECT contract_id, opportunity_id, is_won, coalesce(closed_at, day_start(close_day)) AS since FROM renewal WHERE rank = 1
), probe AS (
  SELECT contract_id, account_id, effective_end + CAST(param('contracts.outcome_days') AS INTEGER) AS day
  FROM contract WHERE effective_end + CAST(param('contracts.outcome_days') AS INTEGER) <= as_of()
), kept AS (
  SELECT p.contract_id
  FROM probe p JOIN silver.asset a ON a.contract_id = p.contract_id
  WHERE active_on(p.day, coalesce(a.start_date, a.install_date, a.purchase_date), least(a.usage_end_date, a.cancelled_on), NULL, a.status)
  UNION
  SELECT p.contract_id
  FROM probe p JOIN silver.asset a ON a.account_id = p.account_id AND a.contract_id IS NULL
  WHERE active_on(p.day, coalesce(a.start_date, a.install_date, a.purchase_date), least(a.usage_end_date, a.cancelled_on), NULL, a.status)
), span_mrr AS (
  SELECT c.contract_id, sum(usd(s.mrr, r.units_per_usd)) AS mrr_usd
  FROM contract c
  JOIN gold.mrr_spans s ON s.contract_id = c.contract_id
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = s.currency_iso_code
  WHERE active_on(least(as_of(), c.end_date, c.terminated_on - 1), s.start_date, s.end_date, NULL, NULL)
  GROUP BY c.contract_id
), judged AS (
  SELECT c.*, n.opportunity_id AS renewal_opportunity_id, coalesce(n.is_won, false) AS is_renewal_won, n.since AS renewal_since,
         s.since AS successor_since, p.since AS replaced_since, k.contract_id IS NOT NULL AS is_kept,
         usd(c.total_value, r.units_per_usd) AS value_usd, m.mrr_usd AS span_mrr_usd,
         coalesce(c.contract_term_months, date_diff('month', c.start_date, c.end_date + 1)) AS term_months
  FROM contract c
  LEFT JOIN renewed_by n ON n.contract_id = c.contract_id
  LEFT JOIN successor s ON s.contract_id = c.contract_id
  LEFT JOIN replaced p ON p.contract_id = c.contract_id
  LEFT JOIN kept k ON k.contract_id = c.contract_id
  LEFT JOIN span_mrr m ON m.contract_id = c.contract_id
  LEFT JOIN gold.fx_rates r ON r.rate_day = as_of() AND r.currency_iso_code = c.currency_iso_code
), outcome AS (
  SELECT *,
         CASE WHEN is_void THEN NULL
              WHEN successor_since IS NOT NULL OR is_renewal_won OR replaced_since IS NOT NULL OR is_kept THEN 'renewed'
              WHEN effective_end IS NULL OR effective_end >= as_of() THEN 'open'
              WHEN effective_end + CAST(param('contracts.outcome_days') AS INTEGER) >= as_of() THEN 'pending'
              ELSE 'lost' END AS renewal_outcome
  FROM judged
)
SELECT o.contract_id, coalesce(a.account_id, unassigned(o.source_region)) AS account_id, a.master_account_id, o.account_id AS source_account_id,
       o.contract_number, o.status, o.start_date, o.end_date, o.terminated_on, o.effective_end, o.term_months,
       CASE WHEN o.effective_end >= as_of() AND NOT o.is_void THEN date_diff('day', as_of(), o.effective_end) END AS days_to_expiry,
       active_on(as_of(), o.start_date, o.end_date, o.terminated_on, o.status) AS is_active,
       o.auto_renew,
       CASE WHEN NOT o.is_void THEN coalesce(o.span_mrr_usd, CAST(round(CAST(o.value_usd AS DOUBLE) / nullif(o.term_months, 0), 2) AS DECIMAL(18,2))) END AS mrr_usd,
       CASE WHEN o.is_void OR o.effective_end < as_of() THEN 0
            WHEN o.start_date > as_of() THEN o.value_usd
            ELSE CAST(round(CAST(o.value_usd AS DOUBLE) * date_diff('day', as_of(), o.effective_end) / nullif(date_diff('day', o.start_date, o.end_date) + 1, 0), 2) AS DECIMAL(18,2))
       END AS remaining_value_usd,
       o.total_value_usd, o.renewal_opportunity_id, o.renewal_outcome,
       CASE o.renewal_outcome
            WHEN 'renewed' THEN coalesce(least(o.successor_since, CASE WHEN o.is_renewal_won THEN o.renewal_since END, o.replaced_since),
                                         day_start(o.effective_end + CAST(param('contracts.outcome_days') AS INTEGER)))
            WHEN 'lost' THEN day_start(o.effective_end + CAST(param('contracts.outcome_days') AS INTEGER) + 1) END AS outcome_known_at,
       o.owner_id, coalesce(a.region, o.source_region, 'UNKNOWN') AS region
FROM outcome o LEFT JOIN gold.account_members a ON a.account_id = o.account_id
