-- grain: account without any bill x product family x month of a won opportunity
-- key: month_start, account_id, product_family
-- storage: single
--
-- Revenue of accounts that no billing system knows, in regions whose invoices are absent or
-- cover less than revenue.min_account_coverage of their accounts: what they won, in the
-- month it was closed, spread over the product families of its line items. A source may hold
-- accounts of further regions, which have no source of their own: their bills are counted.
WITH covered_region AS (
  SELECT source_region AS region FROM ops.source_coverage
  WHERE silver_table = 'invoice' AND is_available AND coalesce(account_coverage, 1) >= param('revenue.min_account_coverage')
  GROUP BY source_region
  UNION ALL
  SELECT a.region FROM silver.account a LEFT JOIN (SELECT DISTINCT account_id FROM gold.invoices) i ON i.account_id = a.account_id
  WHERE NOT EXISTS (SELECT 1 FROM ops.source_coverage c WHERE c.source_region = a.region)
  GROUP BY a.region HAVING count(i.account_id) >= param('revenue.min_account_coverage') * count(*)
), unbilled AS (
  SELECT a.account_id FROM silver.account a
  WHERE NOT EXISTS (SELECT 1 FROM gold.invoices i WHERE i.account_id = a.account_id)
    AND NOT EXISTS (SELECT 1 FROM silver.billing_account b WHERE b.account_id = a.account_id)
    AND NOT EXISTS (SELECT 1 FROM covered_region c WHERE c.region = coalesce(a.region, a.source_region))
), won AS (
  SELECT o.opportunity_id, o.account_id, CAST(date_trunc('month', coalesce(day_of(o.closed_at), o.close_date)) AS DATE) AS month_start,
         o.amount, o.deal_value_usd AS amount_usd, o.currency_iso_code, o.fx_rate
  FROM gold.opportunities o JOIN unbilled u ON u.account_id = o.account_id
  WHERE o.is_won AND coalesce(day_of(o.closed_at), o.close_date) <= as_of()
), won_family AS (
  SELECT l.opportunity_id, coalesce(p.product_family, 'UNKNOWN') AS product_family, sum(l.total_price) AS amount
  FROM silver.opportunity_line_item l
  JOIN won w ON w.opportunity_id = l.opportunity_id
  LEFT JOIN silver.product p ON p.product_id = l.product_id
  GROUP BY l.opportunity_id, coalesce(p.product_family, 'UNKNOWN') HAVING sum(l.total_price) > 0
), won_share AS (
  SELECT opportunity_id, product_family,
         CAST(sum(amount) OVER (PARTITION BY opportunity_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) - amount AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY opportunity_id) AS DOUBLE) AS share_from,
         CAST(sum(amount) OVER (PARTITION BY opportunity_id ORDER BY product_family ROWS UNBOUNDED PRECEDING) AS DOUBLE) / CAST(sum(amount) OVER (PARTITION BY opportunity_id) AS DOUBLE) AS share_to
  FROM won_family
), booked AS (
  SELECT w.month_start, w.account_id, coalesce(s.product_family, 'UNKNOWN') AS product_family, w.currency_iso_code, w.fx_rate, w.amount IS NOT NULL AND w.amount_usd IS NULL AS is_fx_missing,
         CAST(round(CAST(w.amount AS DOUBLE) * coalesce(s.share_to, 1), 2) AS DECIMAL(18,2)) - CAST(round(CAST(w.amount AS DOUBLE) * coalesce(s.share_from, 0), 2) AS DECIMAL(18,2)) AS amount,
         CAST(round(CAST(w.amount_usd AS DOUBLE) * coalesce(s.share_to, 1), 2) AS DECIMAL(18,2)) - CAST(round(CAST(w.amount_usd AS DOUBLE) * coalesce(s.share_from, 0), 2) AS DECIMAL(18,2)) AS amount_usd
  FROM won w LEFT JOIN won_share s ON s.opportunity_id = w.opportunity_id
)
SELECT month_start, account_id, product_family, sum(amount_usd) AS revenue_usd,
       CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN sum(amount) END AS revenue_original,
       CASE WHEN min(coalesce(currency_iso_code, '')) = max(coalesce(currency_iso_code, '')) THEN min(currency_iso_code) END AS original_currency,
       CASE WHEN min(fx_rate) = max(fx_rate) THEN min(fx_rate) END AS fx_rate,
       count(*) FILTER (WHERE is_fx_missing) AS fx_missing_count
FROM booked
GROUP BY month_start, account_id, product_family
