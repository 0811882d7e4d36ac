-- Of the customers of a year ago: how many met with each thing in the 180 days before, and how many of these left.
WITH met AS (
  SELECT 'sla_breach' AS what, c.account, CAST(g.target AS DATE) AS day FROM goal g JOIN complaint c USING (ticket) WHERE g.done > g.target OR (g.done IS NULL AND g.target < as_of_day() + 1)
  UNION ALL SELECT 'escalation', c.account, CAST(h.changed AS DATE) FROM ticket_change h JOIN complaint c USING (ticket) WHERE h.field = 'IsEscalated' AND h.value = 'true'
  UNION ALL SELECT 'price_increase', account, day FROM (
    SELECT key15(account_id) AS account, to_day(effective_date) AS day, num(new_price, ',', '.') > num(old_price, ',', '.') AS up, is_deleted, _system, id, _seq FROM (
      SELECT account_id, effective_date, new_price, old_price, is_deleted, _source_system AS _system, price_change_id AS id, _seq FROM bronze.billing_group__price_change
      UNION ALL SELECT account_id, effective_date, replace(replace(new_price, '.', ''), ',', '.'), replace(replace(old_price, '.', ''), ',', '.'), is_deleted, _source_system, price_change_id, _seq FROM bronze.billing_za__price_change
      UNION ALL SELECT account_id, effective_date, new_price, old_price, is_deleted, _source_system, price_change_id, _seq FROM bronze.billing_ke__price_change)
    QUALIFY row_number() OVER (PARTITION BY _system, id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted)) WHERE up
), exposed AS (
  SELECT DISTINCT m.what, c.customer, c.stays FROM met m JOIN belongs USING (account) JOIN cohort c USING (customer) WHERE m.day > year_start() - 180 AND m.day <= year_start()
)
SELECT what, count(*) FROM exposed GROUP BY what UNION ALL SELECT what || ' left', count(*) FILTER (WHERE NOT stays) FROM exposed GROUP BY what HAVING count(*) >= 5
-- answer
SELECT driver, n_exposed FROM answer WHERE driver <> 'competitor_mention' UNION ALL SELECT driver || ' left', n_exposed * rate_exposed FROM answer WHERE driver <> 'competitor_mention' AND n_exposed >= 5
