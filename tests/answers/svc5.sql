-- VIP accounts, and those of the top tenth by revenue, with a violated milestone or an escalation in 90 days;
-- those with an open case stand before the first without.
WITH worth AS (
  SELECT c.account, c.name, c.vip, sum(f.usd) FILTER (WHERE f.day > as_of_day() - INTERVAL 12 MONTH) AS usd FROM company c LEFT JOIN flow f USING (account) GROUP BY ALL
), breach AS (
  SELECT c.account, count(DISTINCT c.ticket) AS breaches FROM complaint c JOIN goal g USING (ticket)
  WHERE c.created >= as_of_day() - 89 AND c.created < as_of_day() + 1 AND (g.done > g.target OR (g.done IS NULL OR g.done >= as_of_day() + 1) AND g.target < as_of_day() + 1) GROUP BY c.account
), alarm AS (
  SELECT c.account, count(DISTINCT (h.ticket, h.changed)) AS escalations FROM ticket_change h JOIN complaint c USING (ticket)
  WHERE h.field = 'IsEscalated' AND h.value = 'true' AND h.changed >= as_of_day() - 89 AND h.changed < as_of_day() + 1 GROUP BY c.account
), now AS (
  SELECT ticket, arg_max(value, changed) AS status FROM ticket_change WHERE field = 'Status' AND changed < as_of_day() + 1 GROUP BY ticket
), waiting AS (
  SELECT DISTINCT c.account FROM complaint c LEFT JOIN now n USING (ticket) WHERE c.created < as_of_day() + 1 AND CASE WHEN n.status IS NULL THEN NOT c.is_closed ELSE n.status <> 'Closed' END
), urgent AS (
  SELECT w.account, w.name, w.vip, w.usd, coalesce(b.breaches, 0) AS breaches, coalesce(a.escalations, 0) AS escalations
  FROM worth w LEFT JOIN breach b USING (account) LEFT JOIN alarm a USING (account) WHERE coalesce(b.breaches, 0) + coalesce(a.escalations, 0) > 0
)
SELECT name || ' breaches', sum(breaches) FROM urgent WHERE vip OR usd >= (SELECT quantile_cont(coalesce(usd, 0), 0.9) FROM worth) GROUP BY name
UNION ALL SELECT name || ' escalations', sum(escalations) FROM urgent WHERE vip OR usd >= (SELECT quantile_cont(coalesce(usd, 0), 0.9) FROM worth) GROUP BY name
UNION ALL SELECT 'before the first without', count(*) FROM urgent SEMI JOIN waiting USING (account) WHERE vip OR usd >= (SELECT quantile_cont(coalesce(usd, 0), 0.9) FROM worth)
-- answer
SELECT account_name || ' breaches', sum(sla_breaches_90d) FROM answer GROUP BY account_name UNION ALL SELECT account_name || ' escalations', sum(escalations_90d) FROM answer GROUP BY account_name
UNION ALL SELECT 'before the first without', coalesce(min(rowid) FILTER (WHERE coalesce(open_cases, 0) = 0), count(*)) FROM answer
