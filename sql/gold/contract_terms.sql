-- grain: term of a contract
-- key: contract_id, ended_on
-- storage: single
--
-- What renewal rates count: every end of a contract, and what came of it. A contract that
-- was in force has its own end (contracts). One that is extended in place, as those that
-- renew by themselves often are, has an earlier one in each version whose end has been
-- moved on: once that day has passed, it was renewed. A contract without end has no term.
WITH moved AS (
  SELECT DISTINCT h.contract_id, h.end_date FROM silver.contract_history h WHERE h.end_date <= as_of()
)
SELECT contract_id, account_id, effective_end AS ended_on, renewal_outcome AS outcome, total_value_usd
FROM gold.contracts WHERE effective_end IS NOT NULL AND renewal_outcome IS NOT NULL
UNION ALL
SELECT c.contract_id, c.account_id, m.end_date, 'renewed', c.total_value_usd
FROM moved m JOIN gold.contracts c ON c.contract_id = m.contract_id
WHERE c.renewal_outcome IS NOT NULL AND m.end_date > c.start_date AND m.end_date < coalesce(c.effective_end, DATE '9999-12-31')
