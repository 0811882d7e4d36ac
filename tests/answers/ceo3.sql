-- Of the customers of a year ago: how many met with each thing in the 180 days before and how
-- many did not, how many of both left, and how much likelier the first were to (in tenths). Of a competitor tell
-- records of competitors, else the main competitor on the deal.
WITH rival AS (
  SELECT key15(Id) AS rival, key15(OpportunityId) AS deal, to_time(SystemModstamp) AS seen FROM (
    SELECT Id, OpportunityId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__opportunitycompetitor
    UNION ALL SELECT Id, OpportunityId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__opportunitycompetitor
    UNION ALL SELECT Id, OpportunityId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__opportunitycompetitor)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted)
), main_rival AS (
  SELECT key15(Id) AS deal, tidy(Primary_Competitor__c) AS rival FROM (
    SELECT Id, Primary_Competitor__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__opportunity
    UNION ALL SELECT Id, Primary_Competitor__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__opportunity
    UNION ALL SELECT Id, Primary_Competitor__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__opportunity)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted)
), met AS (
  SELECT 'sla_breach' AS what, c.account, CAST(g.target AS DATE) AS day FROM goal g JOIN complaint c USING (ticket) WHERE g.done > g.target OR (g.done IS NULL AND g.target < as_of_day() + 1)
  UNION ALL SELECT 'escalation', c.account, CAST(h.changed AS DATE) FROM ticket_change h JOIN complaint c USING (ticket) WHERE h.field = 'IsEscalated' AND h.value = 'true'
  UNION ALL SELECT 'price_increase', account, day FROM repriced WHERE new_price > old_price
  UNION ALL SELECT 'competitor_mention', d.account, CAST(r.seen AS DATE) FROM rival r JOIN deal d USING (deal)
  UNION ALL SELECT 'competitor_mention', d.account, CAST(d.created AS DATE) FROM deal d JOIN main_rival m USING (deal) ANTI JOIN rival r ON r.deal = d.deal WHERE m.rival <> ''
), exposed AS (
  SELECT w.what, c.customer, c.stays, EXISTS (SELECT 1 FROM met m JOIN belongs b USING (account) WHERE b.customer = c.customer AND m.what = w.what AND m.day > year_start() - 180 AND m.day <= year_start()) AS is_exposed
  FROM cohort c CROSS JOIN (SELECT DISTINCT what FROM met) w
), rate AS (
  SELECT what, count(*) FILTER (WHERE is_exposed) AS n1, count(*) FILTER (WHERE NOT is_exposed) AS n0, count(*) FILTER (WHERE is_exposed AND NOT stays) AS bad1, count(*) FILTER (WHERE NOT is_exposed AND NOT stays) AS bad0
  FROM exposed GROUP BY what
)
SELECT what, n1 FROM rate UNION ALL SELECT what || ' not', n0 FROM rate UNION ALL SELECT what || ' left', bad1 FROM rate WHERE least(n1, n0) >= 5 UNION ALL SELECT what || ' not, left', bad0 FROM rate WHERE least(n1, n0) >= 5
UNION ALL SELECT what || ' ratio', 10 * (bad1 / n1) / (bad0 / n0) FROM rate WHERE least(n1, n0) >= 5 AND bad0 > 0
-- answer
SELECT driver, n_exposed FROM answer UNION ALL SELECT driver || ' not', n_unexposed FROM answer UNION ALL SELECT driver || ' left', n_exposed * rate_exposed FROM answer WHERE rate_exposed IS NOT NULL
UNION ALL SELECT driver || ' not, left', n_unexposed * rate_unexposed FROM answer WHERE rate_unexposed IS NOT NULL UNION ALL SELECT driver || ' ratio', 10 * risk_ratio FROM answer WHERE risk_ratio IS NOT NULL
