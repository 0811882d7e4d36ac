-- grain: account x segmentation scheme
-- key: as_of_date, account_id, scheme
-- storage: state
--
-- In which group an account is, by five schemes. account_type and industry are what the source
-- says (UNKNOWN where it does not); size is by employees (segments.size_from), tenure by full
-- years since the customer began (segments.tenure_from).
--
-- rfm covers accounts of active customers with revenue in the last twelve months and at least
-- one order: days since the last order, orders in twelve months and revenue in twelve months,
-- each scored 1 to 5 by quintile (5 is best; equal values share the lower quintile that the
-- first of them reaches). The name follows from the recency score r and the mean of the other
-- two, v: Champions (r >= 4, v >= 4), Loyal (r >= 3, v >= 3), Recent (r >= 4), Promising (r = 3),
-- At risk (v >= 3), else Hibernating.
WITH account AS (
  SELECT m.account_id, m.account_type, m.industry, a.number_of_employees,
         date_diff('month', m.customer_since, as_of()) - CASE WHEN day(m.customer_since) > day(as_of()) AND as_of() <> last_day(as_of()) THEN 1 ELSE 0 END AS months
  FROM gold.account_members m JOIN silver.account a ON a.account_id = m.account_id
), rule AS (
  SELECT account_id, 'account_type' AS scheme, coalesce(account_type, 'UNKNOWN') AS segment FROM account
  UNION ALL
  SELECT account_id, 'industry', coalesce(industry, 'UNKNOWN') FROM account
  UNION ALL
  SELECT account_id, 'size',
         coalesce(list_extract(param_list('segments.size_names'), CAST(len(list_filter(param_numbers('segments.size_from'), lambda n: n <= number_of_employees)) AS INTEGER)), 'UNKNOWN')
  FROM account
  UNION ALL
  SELECT account_id, 'tenure',
         coalesce(list_extract(param_list('segments.tenure_names'), CAST(len(list_filter(param_numbers('segments.tenure_from'), lambda n: n * 12 <= months)) AS INTEGER)), 'UNKNOWN')
  FROM account
), buyer AS (
  SELECT p.account_id, days_between(p.last_order_on, as_of()) AS days_since, p.orders_12m, m.revenue_ttm_usd
  FROM gold.purchase_patterns p
  JOIN gold.account_status s ON s.account_id = p.account_id AND s.customer_status = 'active'
  JOIN gold.account_metrics m ON m.account_id = p.account_id
  WHERE p.as_of_date = as_of() AND p.last_order_on IS NOT NULL AND p.orders_12m IS NOT NULL AND m.revenue_ttm_usd > 0
), scored AS (
  SELECT account_id,
         CAST(floor((rank() OVER (ORDER BY days_since DESC) - 1) * 5.0 / count(*) OVER ()) AS INTEGER) + 1 AS recency_score,
         CAST(floor((rank() OVER (ORDER BY orders_12m) - 1) * 5.0 / count(*) OVER ()) AS INTEGER) + 1 AS frequency_score,
         CAST(floor((rank() OVER (ORDER BY revenue_ttm_usd) - 1) * 5.0 / count(*) OVER ()) AS INTEGER) + 1 AS monetary_score
  FROM buyer
)
SELECT as_of() AS as_of_date, account_id, scheme, segment, NULL AS recency_score, NULL AS frequency_score, NULL AS monetary_score, NULL AS distance FROM rule
UNION ALL
SELECT as_of(), account_id, 'rfm',
       CASE WHEN recency_score >= 4 AND frequency_score + monetary_score >= 8 THEN 'Champions'
            WHEN recency_score >= 3 AND frequency_score + monetary_score >= 6 THEN 'Loyal'
            WHEN recency_score >= 4 THEN 'Recent' WHEN recency_score = 3 THEN 'Promising'
            WHEN frequency_score + monetary_score >= 6 THEN 'At risk' ELSE 'Hibernating' END,
       recency_score, frequency_score, monetary_score, NULL
FROM scored
