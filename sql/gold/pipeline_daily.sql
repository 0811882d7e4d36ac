-- grain: opportunity x day on which it was open
-- key: snapshot_date, opportunity_id
-- storage: partitioned
--
-- The open pipeline as it stood at the end of each of the last pipeline.window_days days.
-- The last change of a day tells that day and those after it, until the next change or the
-- closing. A deal without a usable history (see opportunity_stage_history) was open from its
-- creation to its closing: its amount is that of the as-of, its stage then is known only if
-- it is still open. Sources keep no history of owners: owner_id is the owner at the as-of.
WITH deal AS (
  SELECT opportunity_id, account_id, owner_id, status, stage_name, deal_value_usd, probability, close_date,
         day_of(created_at) AS created_on, CASE WHEN status <> 'open' THEN day_of(closed_at) END AS closed_on
  FROM gold.opportunities
  WHERE status = 'open' OR day_of(closed_at) > days_before(as_of(), param('pipeline.window_days'))
), told AS (
  SELECT DISTINCT opportunity_id FROM gold.opportunity_stage_history WHERE basis = 'history'
), change AS (
  SELECT h.opportunity_id, o.source_system, h.stage_name, h.amount_usd, h.probability, h.close_date, h.forecast_category,
         day_of(h.changed_at) AS from_day,
         lead(day_of(h.changed_at)) OVER (PARTITION BY h.opportunity_id ORDER BY h.changed_at, h.opportunity_history_id) AS next_day
  FROM silver.opportunity_history h
  JOIN told t ON t.opportunity_id = h.opportunity_id
  JOIN silver.opportunity o ON o.opportunity_id = h.opportunity_id
  WHERE h.changed_at < as_of_end()
), span AS (
  -- Of several changes on one day the last one stays: the others end before they begin.
  SELECT d.opportunity_id, c.stage_name, c.amount_usd, c.probability, c.close_date, c.forecast_category, 'history' AS basis,
         c.from_day, least(coalesce(c.next_day - 1, as_of()), coalesce(d.closed_on - 1, as_of())) AS to_day, d.account_id, d.owner_id
  FROM deal d
  JOIN change c ON c.opportunity_id = d.opportunity_id
  LEFT JOIN gold.sales_stages s ON s.source_system = c.source_system AND s.stage_name = c.stage_name
  WHERE NOT coalesce(s.is_closed, false)
  UNION ALL
  SELECT d.opportunity_id, CASE WHEN d.status = 'open' THEN d.stage_name END, d.deal_value_usd, CASE WHEN d.status = 'open' THEN d.probability END,
         d.close_date, NULL, 'assumed', d.created_on, coalesce(d.closed_on - 1, as_of()), d.account_id, d.owner_id
  FROM deal d
  WHERE NOT EXISTS (SELECT 1 FROM told t WHERE t.opportunity_id = d.opportunity_id)
), clipped AS (
  SELECT *, greatest(from_day, days_before(as_of(), param('pipeline.window_days')) + 1) AS first_day, least(to_day, as_of()) AS last_day FROM span
)
SELECT CAST(unnest(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS DATE) AS snapshot_date,
       opportunity_id, account_id, stage_name, amount_usd, probability, close_date, owner_id, forecast_category, basis
FROM clipped WHERE first_day <= last_day
