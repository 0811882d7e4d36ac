-- grain: thing that may drive a customer away
-- key: incident_kind, source_id
-- storage: partitioned
--
-- What went wrong at an account, or tempted it away: price increases, missed service
-- targets, escalations, complaints, disputes, billing errors, competitors named on deals
-- (records and the main competitor; text is not read) and people who left. Lapse reasons
-- and driver analysis count these; that they count is association, not proof.
WITH incident AS (
  SELECT 'price_increase' AS incident_kind, p.price_change_id AS source_id, coalesce(p.account_id, a.account_id) AS account_id, p.source_region, p.effective_date AS happened_on
  FROM silver.price_change p LEFT JOIN silver.asset a ON a.asset_id = p.asset_id
  WHERE p.new_price > p.old_price
  UNION ALL
  SELECT 'sla_breach', case_milestone_id, account_id, NULL, day_of(target_at) FROM gold.case_milestones WHERE outcome = 'violated'
  UNION ALL
  SELECT 'escalation', escalation_id, account_id, NULL, day_of(escalated_at) FROM gold.case_escalations
  UNION ALL
  SELECT 'complaint', case_id, account_id, NULL, day_of(created_at) FROM gold.support_cases WHERE is_complaint
  UNION ALL
  SELECT 'dispute', d.dispute_id, coalesce(i.account_id, d.account_id), d.source_region, d.opened_on
  FROM silver.billing_dispute d LEFT JOIN gold.invoices i ON i.invoice_id = d.invoice_id
  UNION ALL
  SELECT 'billing_error', invoice_id, account_id, NULL, invoice_date FROM gold.invoices WHERE is_erroneous
  UNION ALL
  SELECT 'competitor_mention', c.opportunity_competitor_id, o.account_id, NULL, day_of(c.known_at)
  FROM silver.opportunity_competitor c JOIN gold.opportunities o ON o.opportunity_id = c.opportunity_id
  UNION ALL
  SELECT 'competitor_mention', o.opportunity_id, o.account_id, NULL, day_of(o.created_at)
  FROM gold.opportunities o ANTI JOIN silver.opportunity_competitor c ON c.opportunity_id = o.opportunity_id
  WHERE trim(o.primary_competitor) <> ''
  UNION ALL
  SELECT 'contact_left', account_contact_relation_id, account_id, source_region, end_date
  FROM silver.account_contact_relation WHERE coalesce(is_direct, true)
)
SELECT i.incident_kind, i.source_id, coalesce(a.account_id, CASE WHEN starts_with(i.account_id, 'UNASSIGNED-') THEN i.account_id ELSE unassigned(i.source_region) END) AS account_id,
       a.master_account_id, i.happened_on
FROM incident i LEFT JOIN gold.account_members a ON a.account_id = i.account_id
WHERE i.happened_on <= as_of()
