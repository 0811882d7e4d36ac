-- grain: span of days over which one recurring item of an account has one monthly amount
-- key: span_id
-- storage: single
--
-- The evidence behind monthly recurring revenue: mrr_monthly sums these spans at each
-- month end, services takes an asset's share from them, contracts a contract's. They are the
-- items (mrr_items) of the one source that counts for the account (mrr_choices), carried over
-- short gaps (mrr_gaps). Dates are inclusive.
SELECT row_id([CAST(i.rung AS VARCHAR), i.account_id, i.item_id, CAST(i.start_date AS VARCHAR)]) AS span_id,
       i.account_id, i.master_account_id, i.source_account_id,
       list_extract(['asset_state_period', 'subscription', 'asset', 'contract', 'invoice'], i.rung) AS mrr_source,
       i.item_id, i.service_id, i.asset_id, i.product_id, i.product_family, i.contract_id,
       i.start_date, coalesce(g.gap_until, i.end_date) AS end_date, i.mrr, i.currency_iso_code,
       g.gap_until IS NOT NULL AS is_bridged, i.price_versions, c.rung_months, c.any_months
FROM gold.mrr_items i
JOIN gold.mrr_choices c ON c.account_id = i.account_id AND c.rung = i.rung
LEFT JOIN gold.mrr_gaps g ON g.rung = i.rung AND g.account_id = i.account_id AND g.product_key = coalesce(i.product_id, i.item_id) AND g.gap_after = i.end_date
