-- check: orphan_opportunities
-- severity: error
-- table: gold.opportunities
-- about: Every opportunity belongs to an account of gold.accounts; unknown accounts have the row
-- UNASSIGNED-<region>. If not, an account was dropped between the two models.
SELECT o.opportunity_id, o.account_id FROM gold.opportunities o
WHERE NOT EXISTS (SELECT 1 FROM gold.accounts a WHERE a.account_id = o.account_id)
