-- grain: opportunity product line
-- key: opportunity_line_item_id
-- storage: single
--
-- What was offered or sold. Lines take the account of their opportunity; their USD values
-- are those of the line's own date. mrr_usd is the total price over the months it covers:
-- the agreed term, else one billing period.
SELECT l.opportunity_line_item_id, l.opportunity_id,
       coalesce(o.account_id, unassigned(l.source_region)) AS account_id, o.master_account_id,
       l.product_id, coalesce(l.product_name, p.product_name) AS product_name, coalesce(p.product_family, 'UNKNOWN') AS product_family,
       l.quantity, l.unit_price, l.currency_iso_code, l.unit_price_usd, l.discount, l.total_price_usd,
       coalesce(l.is_recurring, p.is_recurring, false) AS is_recurring,
       CASE WHEN coalesce(l.is_recurring, p.is_recurring, false)
            THEN CAST(round(l.total_price_usd / coalesce(nullif(l.term_months, 0), nullif(l.billing_period_months, 0), nullif(p.billing_period_months, 0), 1), 2) AS DECIMAL(18,2)) END AS mrr_usd,
       l.fx_status
FROM silver.opportunity_line_item l
LEFT JOIN gold.opportunities o ON o.opportunity_id = l.opportunity_id
LEFT JOIN silver.product p ON p.product_id = l.product_id
