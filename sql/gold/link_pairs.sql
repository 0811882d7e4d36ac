-- grain: considered pair of accounts, by method
-- key: account_id, matched_account_id, method
-- storage: single
-- fit: link_pairs_2
-- params: linking.policy
--
-- Which accounts are the same customer. The SELECT gathers what linking looks at: accounts
-- with their contacts' e-mails and phones, and what stewards decided on pairs. The function
-- compares them by the policy linking.policy and gives every pair above the review line,
-- every decision and every link by parent, with the customers that both accounts ended up
-- in, each named by its first account. An account in no pair is a customer of its own.
--
-- Accounts that were created in the week of the as-of are recent: frequencies of words are
-- counted without them, so that they stay the same all week.
--
-- Names in linking.generic_names are no names. A decision in other words than
-- linking.manual_same and linking.manual_different decides nothing.
WITH contact AS (
  SELECT account_id, sorted_set(list(email_normalized ORDER BY email_normalized)) AS emails,
         sorted_set(list_concat(list(phone_e164 ORDER BY phone_e164), list(mobile_phone_e164 ORDER BY mobile_phone_e164))) AS phones
  FROM silver.end_user WHERE account_id IS NOT NULL
  GROUP BY account_id
), decision AS (
  SELECT *, lower(trim(decision)) AS word FROM silver.manual_account_link
)
SELECT 'account' AS kind, a.account_id, coalesce(a.region, a.source_region) AS region,
       CASE WHEN NOT has_item(param_list('linking.generic_names'), lower(coalesce(a.account_name_normalized, a.account_name))) THEN coalesce(a.account_name, a.account_name_normalized) END AS account_name,
       a.phone_e164, a.website_domain, p.ultimate_parent_account_id, a.billing_country_code, c.emails, c.phones,
       CAST(NULL AS VARCHAR) AS matched_account_id, CAST(NULL AS BOOLEAN) AS is_same, CAST(NULL AS VARCHAR) AS decided_by, CAST(NULL AS VARCHAR) AS reason, CAST(NULL AS TIMESTAMPTZ) AS decided_at,
       coalesce(CAST(a.created_at AS DATE) >= date_trunc('week', as_of()), false) AS is_recent
FROM silver.account a
LEFT JOIN gold.account_parents p ON p.account_id = a.account_id
LEFT JOIN contact c ON c.account_id = a.account_id
UNION ALL
SELECT 'decision', account_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, matched_account_id, has_item(param_list('linking.manual_same'), word), decided_by, reason, decided_at, false
FROM decision
WHERE has_item(param_list('linking.manual_same'), word) OR has_item(param_list('linking.manual_different'), word)
