-- grain: account with revenue, known or UNASSIGNED
-- key: account_id
-- storage: single
--
-- Revenue of an account in the 12 months to the as-of and in the two blocks of 12 months
-- before, from flows by day: invoices, less credits (their net part), else won deals. The
-- windows are exact to the day, so in the middle of a month they are not sums of the months
-- of revenue_metrics. fx_missing counts the amounts of a window that have no rate.
WITH revenue_day AS (
  SELECT account_id, invoice_date AS day, net_usd AS amount_usd, net_amount AS amount FROM gold.invoices WHERE is_receivable AND invoice_date <= as_of()
  UNION ALL
  SELECT coalesce(i.account_id, a.account_id, unassigned(c.source_region)), coalesce(c.issued_on, c.applied_on),
         -CASE WHEN i.net_amount > 0 AND i.total_amount > 0
               THEN CAST(round(CAST(c.amount_usd AS DOUBLE) * CAST(i.net_amount AS DOUBLE) / CAST(i.total_amount AS DOUBLE), 2) AS DECIMAL(18,2))
               ELSE c.amount_usd END, c.amount
  FROM silver.credit_memo c
  LEFT JOIN gold.invoices i ON i.invoice_id = c.invoice_id
  LEFT JOIN gold.account_members a ON a.account_id = c.account_id
  WHERE coalesce(c.issued_on, c.applied_on) <= as_of() AND coalesce(i.is_receivable, true)
  UNION ALL
  SELECT o.account_id, coalesce(day_of(o.closed_at), o.close_date), o.deal_value_usd, o.amount
  FROM gold.opportunities o
  WHERE o.is_won AND coalesce(day_of(o.closed_at), o.close_date) <= as_of()
    AND o.account_id IN (SELECT account_id FROM gold.revenue_metrics WHERE revenue_source = 'won_opportunities')
)
SELECT account_id,
       sum(amount_usd) FILTER (WHERE day > months_before(as_of(), 12)) AS revenue_ttm_usd,
       sum(amount_usd) FILTER (WHERE day > months_before(as_of(), 24) AND day <= months_before(as_of(), 12)) AS revenue_prior_ttm_usd,
       sum(amount_usd) FILTER (WHERE day > months_before(as_of(), 36) AND day <= months_before(as_of(), 24)) AS revenue_y3_usd,
       min(day) AS first_revenue_on, bool_or(amount_usd > 0) AS had_revenue,
       count(*) FILTER (WHERE amount IS NOT NULL AND amount_usd IS NULL AND day > months_before(as_of(), 12)) AS fx_missing,
       count(*) FILTER (WHERE amount IS NOT NULL AND amount_usd IS NULL AND day > months_before(as_of(), 24) AND day <= months_before(as_of(), 12)) AS fx_missing_prior,
       count(*) FILTER (WHERE amount IS NOT NULL AND amount_usd IS NULL AND day > months_before(as_of(), 36) AND day <= months_before(as_of(), 24)) AS fx_missing_y3
FROM revenue_day GROUP BY account_id
