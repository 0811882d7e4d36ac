-- check: cross_sell_is_new
-- severity: error
-- table: gold.cross_sell_opportunities
-- about: A family is offered only to customers that do not have it in any of their accounts, and only where
-- its lift is beyond chance. Else account managers offer what was sold long ago.
SELECT f.opportunity_flag_id
FROM gold.cross_sell_opportunities f
WHERE f.flag_type = 'cross_sell'
  AND (EXISTS (SELECT 1 FROM gold.family_holdings h WHERE h.master_account_id = f.customer_id AND h.product_family = f.product_family)
       OR NOT EXISTS (SELECT 1 FROM gold.product_affinity a WHERE a.has_family = f.because_product_family AND a.target_family = f.product_family AND a.lift = f.lift AND a.lift_low > 1))
