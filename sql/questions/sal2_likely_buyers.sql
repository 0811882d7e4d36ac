-- question: SAL2 Customers most likely to purchase again
-- asked by: sales
-- tables: gold.purchase_patterns, gold.accounts
-- variables: as_of, acct?, me?
-- sources: silver.order
-- columns: p_alive percent
-- empty: No account has ordered more than once.
SELECT a.account_name, p.p_alive, p.expected_orders_90d, p.next_order_expected_on, p.last_order_on, p.orders_12m
FROM gold.purchase_patterns p JOIN gold.accounts a USING (account_id)
WHERE p.as_of_date = getvariable('as_of') AND p.expected_orders_90d IS NOT NULL
  AND (getvariable('acct') IS NULL OR a.master_account_id = getvariable('acct'))
  AND (getvariable('me') IS NULL OR a.owner_id = getvariable('me'))
ORDER BY p.expected_orders_90d DESC, p.account_id LIMIT 20;
