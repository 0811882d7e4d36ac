-- grain: opportunity in its part for a contract
-- key: contract_id, opportunity_id, role
-- storage: single
--
-- Which opportunity brought a contract about (role origin) and which one renews it (role
-- renewal). Sources link the two loosely, so the rule is kept in one place:
--   contract   the opportunity, or an order of it, names the contract. A renewal closed
--              nearer to the contract's end than to its start renews it, else it made it.
--   successor  what made the contract's successor renews the contract; and a renewal of
--              the predecessor made a successor that no opportunity names itself.
--   account    a renewal naming no contract renews the one of its account that ends
--              nearest to its close date, within contracts.renewal_match_days.
WITH contract AS (
  SELECT contract_id, account_id, start_date, least(end_date, terminated_on) AS effective_end, renewal_of_contract_id
  FROM silver.contract
), opportunity AS (
  SELECT o.opportunity_id, o.account_id, o.contract_id, g.is_renewal, g.is_won, g.is_closed, g.closed_at,
         coalesce(day_of(g.closed_at), o.close_date) AS close_day
  FROM silver.opportunity o JOIN gold.opportunities g ON g.opportunity_id = o.opportunity_id
), named AS (
  SELECT contract_id, opportunity_id FROM opportunity WHERE contract_id IS NOT NULL
  UNION
  SELECT contract_id, opportunity_id FROM silver."order" WHERE contract_id IS NOT NULL AND opportunity_id IS NOT NULL
), direct AS (
  SELECT c.contract_id, o.opportunity_id,
         CASE WHEN o.is_renewal AND abs(date_diff('day', c.effective_end, o.close_day)) < abs(date_diff('day', c.start_date, o.close_day))
              THEN 'renewal' ELSE 'origin' END AS role
  FROM named n JOIN contract c ON c.contract_id = n.contract_id JOIN opportunity o ON o.opportunity_id = n.opportunity_id
), successor AS (
  SELECT c.renewal_of_contract_id AS contract_id, d.opportunity_id, 'renewal' AS role
  FROM contract c JOIN direct d ON d.contract_id = c.contract_id AND d.role = 'origin'
  WHERE c.renewal_of_contract_id IS NOT NULL
  UNION
  SELECT c.contract_id, d.opportunity_id, 'origin' AS role
  FROM contract c JOIN direct d ON d.contract_id = c.renewal_of_contract_id AND d.role = 'renewal'
  WHERE NOT EXISTS (SELECT 1 FROM direct x WHERE x.contract_id = c.contract_id AND x.role = 'origin')
), nearest AS (
  SELECT c.contract_id, o.opportunity_id,
         row_number() OVER (PARTITION BY o.opportunity_id ORDER BY abs(date_diff('day', c.effective_end, o.close_day)), c.effective_end, c.contract_id) AS rank
  FROM opportunity o JOIN contract c ON c.account_id = o.account_id
  WHERE o.is_renewal AND abs(date_diff('day', c.effective_end, o.close_day)) <= param('contracts.renewal_match_days')
    AND c.start_date < o.close_day
    AND NOT EXISTS (SELECT 1 FROM named n WHERE n.opportunity_id = o.opportunity_id)
), linked AS (
  SELECT contract_id, opportunity_id, role, 'contract' AS link, 1 AS strength FROM direct
  UNION ALL
  SELECT contract_id, opportunity_id, role, 'successor', 2 FROM successor
  UNION ALL
  SELECT contract_id, opportunity_id, 'renewal', 'account', 3 FROM nearest WHERE rank = 1
)
SELECT l.contract_id, l.opportunity_id, l.role, arg_min(l.link, (l.strength, l.link)) AS link,
       bool_or(o.is_won) AS is_won, bool_or(o.is_closed) AS is_closed, min(o.closed_at) AS closed_at, min(o.close_day) AS close_day
FROM linked l JOIN opportunity o ON o.opportunity_id = l.opportunity_id
GROUP BY l.contract_id, l.opportunity_id, l.role
