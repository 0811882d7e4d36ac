-- grain: known account, with the customer it belongs to
-- key: account_id
-- storage: single
--
-- Which accounts are one customer (master_ids), and what models need to know of an account
-- before any metric exists.
SELECT a.account_id, m.master_account_id, a.account_name, a.account_type,
       coalesce(a.region, a.source_region, 'UNKNOWN') AS region,
       coalesce(CASE WHEN param_text('accounts.segment_column') = 'segment' THEN a.segment END, a.account_type, 'UNKNOWN') AS segment,
       a.industry, a.owner_id, u.user_name AS owner_name, coalesce(a.is_vip, false) AS is_vip,
       coalesce(a.customer_since, day_of(a.created_at)) AS customer_since,
       a.parent_account_id, a.source_system, a.source_region
FROM silver.account a
JOIN gold.master_ids m ON m.account_id = a.account_id
LEFT JOIN silver."user" u ON u.user_id = a.owner_id
