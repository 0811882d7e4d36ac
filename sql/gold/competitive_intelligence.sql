-- grain: account x competitor
-- key: as_of_date, account_id, competitor
-- storage: single
--
-- Who competes with us at an account: the competitor records of deals and their main
-- competitor; text is not read. Spellings that normalise to one name are one competitor. A
-- main competitor without a record of its own counts as recorded when the deal was made.
-- Duplicates and tests (opportunities.excluded_outcomes) are neither won nor lost. price_gap
-- compares our amount with their quote over deals that have both; in the quote's own
-- currency where ours is the same, else in USD.
WITH record AS (
  SELECT c.opportunity_id, coalesce(c.competitor_normalized, lower(trim(c.competitor_name))) AS competitor_key, c.competitor_name,
         c.known_at AS mentioned_at, c.quoted_price, c.currency_iso_code, c.fx_rate
  FROM silver.opportunity_competitor c
  WHERE c.competitor_name IS NOT NULL AND c.known_at < as_of_end()
), spelling AS (
  SELECT lower(trim(competitor_name)) AS spelling, min(competitor_key) AS competitor_key FROM record GROUP BY lower(trim(competitor_name))
), keyed AS (
  -- One spelling is one competitor, even where records normalise it differently.
  SELECT r.opportunity_id, s.competitor_key, r.competitor_name, r.mentioned_at, r.quoted_price, r.currency_iso_code, r.fx_rate
  FROM record r JOIN spelling s ON s.spelling = lower(trim(r.competitor_name))
), named AS (
  SELECT opportunity_id, competitor_key, competitor_name, mentioned_at, quoted_price, currency_iso_code, fx_rate FROM keyed
  UNION ALL
  SELECT n.opportunity_id, n.competitor_key, n.competitor_name, n.created_at, NULL, NULL, NULL
  FROM (SELECT o.opportunity_id, coalesce(s.competitor_key, lower(trim(o.primary_competitor))) AS competitor_key, trim(o.primary_competitor) AS competitor_name, o.created_at
        FROM gold.opportunities o
        LEFT JOIN spelling s ON s.spelling = lower(trim(o.primary_competitor))
        WHERE trim(o.primary_competitor) <> '') n
  ANTI JOIN keyed r ON r.opportunity_id = n.opportunity_id AND r.competitor_key = n.competitor_key
), label AS (
  SELECT competitor_key, min(competitor_name) AS competitor FROM named GROUP BY competitor_key
), deal AS (
  SELECT o.account_id, n.competitor_key, o.opportunity_id, o.status, o.counts_for_win_rate, o.loss_reason,
         count(*) FILTER (WHERE day_of(n.mentioned_at) > days_before(as_of(), param('competitive.active_days'))) AS mentions, max(n.mentioned_at) AS last_mention_at,
         sum(CASE WHEN n.quoted_price > 0 AND o.amount > 0 AND n.fx_rate > 0 THEN CASE WHEN o.currency_iso_code = n.currency_iso_code THEN usd(o.amount, n.fx_rate) ELSE o.deal_value_usd END END) AS our_usd,
         sum(CASE WHEN n.quoted_price > 0 AND o.amount > 0 AND (o.currency_iso_code = n.currency_iso_code OR o.deal_value_usd IS NOT NULL) THEN usd(n.quoted_price, n.fx_rate) END) AS their_usd
  FROM named n JOIN gold.opportunities o ON o.opportunity_id = n.opportunity_id
  GROUP BY o.account_id, n.competitor_key, o.opportunity_id, o.status, o.counts_for_win_rate, o.loss_reason
), reason AS (
  SELECT account_id, competitor_key, loss_reason,
         row_number() OVER (PARTITION BY account_id, competitor_key ORDER BY count(*) DESC, loss_reason) AS rank
  FROM deal WHERE status = 'lost' AND counts_for_win_rate AND loss_reason IS NOT NULL
  GROUP BY account_id, competitor_key, loss_reason
), summed AS (
  SELECT account_id, competitor_key, count(*) AS opportunities, count(*) FILTER (WHERE status = 'won' AND counts_for_win_rate) AS won,
         count(*) FILTER (WHERE status = 'lost' AND counts_for_win_rate) AS lost, count(*) FILTER (WHERE status = 'open') AS open_opportunities,
         sum(mentions) AS mentions, max(last_mention_at) AS last_mention_at, sum(our_usd) AS our_usd, sum(their_usd) AS their_usd
  FROM deal GROUP BY account_id, competitor_key
)
SELECT as_of() AS as_of_date, s.account_id, l.competitor, s.opportunities, s.won, s.lost, ratio(s.won, s.won + s.lost) AS win_rate_against,
       s.open_opportunities, s.mentions AS mentions_180d, s.last_mention_at, ratio(s.our_usd, s.their_usd) - 1 AS price_gap,
       r.loss_reason AS main_loss_reason, s.mentions > 0 OR s.open_opportunities > 0 AS is_active
FROM summed s
JOIN label l ON l.competitor_key = s.competitor_key
LEFT JOIN reason r ON r.account_id = s.account_id AND r.competitor_key = s.competitor_key AND r.rank = 1
