-- The user's growing accounts, with 0.3 of what revenue grew by in the year; for every
-- cross-sell the customer has the one family, installed or ordered, and not the other.
WITH grown AS (
  SELECT c.account, c.name, sum(usd) FILTER (WHERE day > as_of_day() - INTERVAL 12 MONTH) AS usd, sum(usd) FILTER (WHERE day <= as_of_day() - INTERVAL 12 MONTH AND day > as_of_day() - INTERVAL 24 MONTH) AS before
  FROM flow f JOIN company c USING (account) WHERE c.owner = left(getvariable('me'), 15) GROUP BY ALL
)
SELECT g.name, 0.3 * (g.usd - g.before) FROM grown g SEMI JOIN (SELECT * FROM answer WHERE flag_type = 'enterprise_pricing') a ON a.account_name = g.name WHERE g.usd > 1.2 * g.before
UNION ALL SELECT 'offered what they have', 0 UNION ALL SELECT 'without the family that tells', 0 UNION ALL SELECT 'other users'' accounts', 0
-- answer
SELECT account_name, expected_value_usd FROM answer WHERE flag_type = 'enterprise_pricing'
UNION ALL
SELECT 'offered what they have', count(*) FROM answer a JOIN company c ON c.name = a.account_name JOIN belongs b ON b.account = c.account JOIN belongs s ON s.customer = b.customer
JOIN service v ON v.account = s.account AND v.since <= as_of_day() AND (v.until IS NULL OR v.until >= as_of_day()) AND v.status <> 'Ordered'
JOIN installed i ON i.service = v.service JOIN item p ON p.product = i.product WHERE a.flag_type = 'cross_sell' AND a.product_family = p.family
UNION ALL
SELECT 'without the family that tells', count(*) FROM answer a WHERE a.flag_type = 'cross_sell' AND NOT EXISTS (
  SELECT 1 FROM company c JOIN belongs b USING (account) JOIN belongs s ON s.customer = b.customer JOIN (
    SELECT account, p.family FROM installed JOIN item p USING (product)
    UNION SELECT key15("Order.AccountId"), tidy("Product2.Family") FROM bronze.sf_group__orderitem
    UNION SELECT key15("Order.AccountId"), tidy("Product2.Family") FROM bronze.sf_za__orderitem
    UNION SELECT key15("Order.AccountId"), tidy("Product2.Family") FROM bronze.sf_ke__orderitem) h ON h.account = s.account
  WHERE c.name = a.account_name AND h.family = a.because_product_family)
UNION ALL
SELECT 'other users'' accounts', count(*) FROM answer a WHERE NOT EXISTS (SELECT 1 FROM company c WHERE c.name = a.account_name AND c.owner = left(getvariable('me'), 15))
