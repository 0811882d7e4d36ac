-- check: silver_keys
-- severity: error
-- table: silver.account
-- about: Keys of silver tables are unique and never NULL. A double key means that two mappings feed one table
-- under the same ids; see id_namespace.
SELECT 'account' AS table_name, CAST(account_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.account
GROUP BY account_id HAVING count(*) > 1 OR account_id IS NULL
UNION ALL
SELECT 'account_contact_relation' AS table_name, CAST(account_contact_relation_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.account_contact_relation
GROUP BY account_contact_relation_id HAVING count(*) > 1 OR account_contact_relation_id IS NULL
UNION ALL
SELECT 'account_history' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(valid_from AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.account_history
GROUP BY account_id, valid_from HAVING count(*) > 1 OR account_id IS NULL OR valid_from IS NULL
UNION ALL
SELECT 'account_team_member' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(user_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.account_team_member
GROUP BY account_id, user_id HAVING count(*) > 1 OR account_id IS NULL OR user_id IS NULL
UNION ALL
SELECT 'activity' AS table_name, CAST(activity_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.activity
GROUP BY activity_id HAVING count(*) > 1 OR activity_id IS NULL
UNION ALL
SELECT 'asset' AS table_name, CAST(asset_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.asset
GROUP BY asset_id HAVING count(*) > 1 OR asset_id IS NULL
UNION ALL
SELECT 'asset_state_period' AS table_name, CAST(asset_state_period_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.asset_state_period
GROUP BY asset_state_period_id HAVING count(*) > 1 OR asset_state_period_id IS NULL
UNION ALL
SELECT 'billing_account' AS table_name, CAST(billing_account_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.billing_account
GROUP BY billing_account_id HAVING count(*) > 1 OR billing_account_id IS NULL
UNION ALL
SELECT 'billing_dispute' AS table_name, CAST(dispute_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.billing_dispute
GROUP BY dispute_id HAVING count(*) > 1 OR dispute_id IS NULL
UNION ALL
SELECT 'business_hours' AS table_name, concat_ws('|', coalesce(CAST(business_hours_id AS VARCHAR), '\N'), coalesce(CAST(weekday AS VARCHAR), '\N'), coalesce(CAST(opens_minute AS VARCHAR), '\N'), coalesce(CAST(source_system AS VARCHAR), '\N'), coalesce(CAST(source_region AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.business_hours
GROUP BY business_hours_id, weekday, opens_minute, source_system, source_region HAVING count(*) > 1 OR business_hours_id IS NULL OR weekday IS NULL OR opens_minute IS NULL OR source_system IS NULL OR source_region IS NULL
UNION ALL
SELECT 'campaign_member' AS table_name, CAST(campaign_member_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.campaign_member
GROUP BY campaign_member_id HAVING count(*) > 1 OR campaign_member_id IS NULL
UNION ALL
SELECT 'case_history' AS table_name, CAST(case_history_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.case_history
GROUP BY case_history_id HAVING count(*) > 1 OR case_history_id IS NULL
UNION ALL
SELECT 'case_milestone' AS table_name, CAST(case_milestone_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.case_milestone
GROUP BY case_milestone_id HAVING count(*) > 1 OR case_milestone_id IS NULL
UNION ALL
SELECT 'communication' AS table_name, CAST(communication_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.communication
GROUP BY communication_id HAVING count(*) > 1 OR communication_id IS NULL
UNION ALL
SELECT 'contract' AS table_name, CAST(contract_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.contract
GROUP BY contract_id HAVING count(*) > 1 OR contract_id IS NULL
UNION ALL
SELECT 'credit_memo' AS table_name, concat_ws('|', coalesce(CAST(credit_memo_id AS VARCHAR), '\N'), coalesce(CAST(invoice_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.credit_memo
GROUP BY credit_memo_id, invoice_id HAVING count(*) > 1 OR credit_memo_id IS NULL OR invoice_id IS NULL
UNION ALL
SELECT 'end_user' AS table_name, CAST(end_user_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.end_user
GROUP BY end_user_id HAVING count(*) > 1 OR end_user_id IS NULL
UNION ALL
SELECT 'entitlement' AS table_name, CAST(entitlement_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.entitlement
GROUP BY entitlement_id HAVING count(*) > 1 OR entitlement_id IS NULL
UNION ALL
SELECT 'exchange_rate' AS table_name, concat_ws('|', coalesce(CAST(currency_iso_code AS VARCHAR), '\N'), coalesce(CAST(rate_date AS VARCHAR), '\N'), coalesce(CAST(rate_source AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.exchange_rate
GROUP BY currency_iso_code, rate_date, rate_source HAVING count(*) > 1 OR currency_iso_code IS NULL OR rate_date IS NULL OR rate_source IS NULL
UNION ALL
SELECT 'holiday' AS table_name, concat_ws('|', coalesce(CAST(business_hours_id AS VARCHAR), '\N'), coalesce(CAST(holiday_date AS VARCHAR), '\N'), coalesce(CAST(source_system AS VARCHAR), '\N'), coalesce(CAST(source_region AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.holiday
GROUP BY business_hours_id, holiday_date, source_system, source_region HAVING count(*) > 1 OR business_hours_id IS NULL OR holiday_date IS NULL OR source_system IS NULL OR source_region IS NULL
UNION ALL
SELECT 'invoice' AS table_name, CAST(invoice_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.invoice
GROUP BY invoice_id HAVING count(*) > 1 OR invoice_id IS NULL
UNION ALL
SELECT 'invoice_line' AS table_name, CAST(invoice_line_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.invoice_line
GROUP BY invoice_line_id HAVING count(*) > 1 OR invoice_line_id IS NULL
UNION ALL
SELECT 'lead' AS table_name, CAST(lead_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.lead
GROUP BY lead_id HAVING count(*) > 1 OR lead_id IS NULL
UNION ALL
SELECT 'lead_history' AS table_name, concat_ws('|', coalesce(CAST(lead_id AS VARCHAR), '\N'), coalesce(CAST(changed_at AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.lead_history
GROUP BY lead_id, changed_at HAVING count(*) > 1 OR lead_id IS NULL OR changed_at IS NULL
UNION ALL
SELECT 'manual_account_link' AS table_name, concat_ws('|', coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(matched_account_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.manual_account_link
GROUP BY account_id, matched_account_id HAVING count(*) > 1 OR account_id IS NULL OR matched_account_id IS NULL
UNION ALL
SELECT 'opportunity' AS table_name, CAST(opportunity_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.opportunity
GROUP BY opportunity_id HAVING count(*) > 1 OR opportunity_id IS NULL
UNION ALL
SELECT 'opportunity_competitor' AS table_name, CAST(opportunity_competitor_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.opportunity_competitor
GROUP BY opportunity_competitor_id HAVING count(*) > 1 OR opportunity_competitor_id IS NULL
UNION ALL
SELECT 'opportunity_contact_role' AS table_name, CAST(opportunity_contact_role_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.opportunity_contact_role
GROUP BY opportunity_contact_role_id HAVING count(*) > 1 OR opportunity_contact_role_id IS NULL
UNION ALL
SELECT 'opportunity_history' AS table_name, CAST(opportunity_history_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.opportunity_history
GROUP BY opportunity_history_id HAVING count(*) > 1 OR opportunity_history_id IS NULL
UNION ALL
SELECT 'opportunity_line_item' AS table_name, CAST(opportunity_line_item_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.opportunity_line_item
GROUP BY opportunity_line_item_id HAVING count(*) > 1 OR opportunity_line_item_id IS NULL
UNION ALL
SELECT 'opportunity_stage' AS table_name, concat_ws('|', coalesce(CAST(stage_name AS VARCHAR), '\N'), coalesce(CAST(source_system AS VARCHAR), '\N'), coalesce(CAST(source_region AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.opportunity_stage
GROUP BY stage_name, source_system, source_region HAVING count(*) > 1 OR stage_name IS NULL OR source_system IS NULL OR source_region IS NULL
UNION ALL
SELECT 'order' AS table_name, CAST(order_id AS VARCHAR) AS key, count(*) AS row_count FROM silver."order"
GROUP BY order_id HAVING count(*) > 1 OR order_id IS NULL
UNION ALL
SELECT 'order_item' AS table_name, CAST(order_item_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.order_item
GROUP BY order_item_id HAVING count(*) > 1 OR order_item_id IS NULL
UNION ALL
SELECT 'payment' AS table_name, concat_ws('|', coalesce(CAST(payment_id AS VARCHAR), '\N'), coalesce(CAST(invoice_id AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.payment
GROUP BY payment_id, invoice_id HAVING count(*) > 1 OR payment_id IS NULL OR invoice_id IS NULL
UNION ALL
SELECT 'price_change' AS table_name, CAST(price_change_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.price_change
GROUP BY price_change_id HAVING count(*) > 1 OR price_change_id IS NULL
UNION ALL
SELECT 'process_event' AS table_name, CAST(process_event_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.process_event
GROUP BY process_event_id HAVING count(*) > 1 OR process_event_id IS NULL
UNION ALL
SELECT 'product' AS table_name, CAST(product_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.product
GROUP BY product_id HAVING count(*) > 1 OR product_id IS NULL
UNION ALL
SELECT 'subscription' AS table_name, CAST(subscription_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.subscription
GROUP BY subscription_id HAVING count(*) > 1 OR subscription_id IS NULL
UNION ALL
SELECT 'support_case' AS table_name, CAST(case_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.support_case
GROUP BY case_id HAVING count(*) > 1 OR case_id IS NULL
UNION ALL
SELECT 'survey_response' AS table_name, CAST(survey_response_id AS VARCHAR) AS key, count(*) AS row_count FROM silver.survey_response
GROUP BY survey_response_id HAVING count(*) > 1 OR survey_response_id IS NULL
UNION ALL
SELECT 'usage_daily' AS table_name, concat_ws('|', coalesce(CAST(usage_date AS VARCHAR), '\N'), coalesce(CAST(account_id AS VARCHAR), '\N'), coalesce(CAST(asset_id AS VARCHAR), '\N'), coalesce(CAST(product_id AS VARCHAR), '\N'), coalesce(CAST(usage_type AS VARCHAR), '\N')) AS key, count(*) AS row_count FROM silver.usage_daily
GROUP BY usage_date, account_id, asset_id, product_id, usage_type HAVING count(*) > 1 OR usage_date IS NULL OR account_id IS NULL OR asset_id IS NULL OR product_id IS NULL OR usage_type IS NULL
UNION ALL
SELECT 'user' AS table_name, CAST(user_id AS VARCHAR) AS key, count(*) AS row_count FROM silver."user"
GROUP BY user_id HAVING count(*) > 1 OR user_id IS NULL
