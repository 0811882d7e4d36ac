-- G3: every measure of customer_360 has a value or a reason, never neither and never both.
SELECT 'neither', 0 UNION ALL SELECT 'both', 0
-- gold
SELECT label, count(*) FILTER (has_reason = (label = 'both') AND (measured IS NULL) = (label = 'neither')) AS cells
FROM (
  SELECT measured, len(list_filter(missing_reasons, lambda r: starts_with(r, measure || ': '))) > 0 AS has_reason
  FROM (
    SELECT missing_reasons, CAST(COLUMNS(* EXCLUDE (missing_reasons, as_of_date, account_id, master_account_id, customer_id, account_name, account_type, region, segment, industry,
                                                    owner_id, owner_name, is_vip, customer_since, tenure_months, customer_status, fx_missing_count, data_coverage)) AS VARCHAR)
    FROM gold.customer_360
  ) UNPIVOT INCLUDE NULLS (measured FOR measure IN (COLUMNS(* EXCLUDE (missing_reasons))))
) CROSS JOIN (SELECT unnest(['neither', 'both']) AS label)
GROUP BY label
