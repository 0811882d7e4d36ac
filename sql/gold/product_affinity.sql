-- grain: ordered pair of product families within a segment
-- key: as_of_date, segment, has_family, target_family
-- storage: single
--
-- Which families active customers of a segment have together. lift is P(B given A) / P(B);
-- its lower 95 % bound takes the logarithm of lift as normal, with the variance that the
-- delta method gives for counts of one sample. adoption_rate is P(B given A) drawn towards
-- P(B), as if affinity.prior_customers more customers with A had behaved like the segment.
WITH customer AS (
  SELECT p.master_account_id, p.segment
  FROM gold.master_primary p
  JOIN (SELECT DISTINCT master_account_id FROM gold.account_status WHERE customer_status = 'active') s ON s.master_account_id = p.master_account_id
  WHERE p.until_month = DATE '9999-12-01'
), held AS (
  SELECT c.segment, h.master_account_id, h.product_family, sum(h.monthly_value_usd) AS value_usd
  FROM gold.family_holdings h JOIN customer c ON c.master_account_id = h.master_account_id
  GROUP BY c.segment, h.master_account_id, h.product_family
), total AS (
  SELECT segment, count(DISTINCT master_account_id) AS n FROM held GROUP BY segment
), family AS (
  SELECT segment, product_family, count(*) AS n, CAST(round(median(value_usd) FILTER (WHERE value_usd > 0), 2) AS DECIMAL(18,2)) AS median_usd
  FROM held GROUP BY segment, product_family
), pair AS (
  SELECT a.segment, a.product_family AS has_family, b.product_family AS target_family, count(*) AS n_ab
  FROM held a JOIN held b ON b.master_account_id = a.master_account_id AND b.product_family <> a.product_family
  GROUP BY a.segment, a.product_family, b.product_family
), counted_pair AS (
  SELECT p.*, t.n, a.n AS n_a, b.n AS n_b, b.median_usd, CAST(p.n_ab AS DOUBLE) * t.n / (CAST(a.n AS DOUBLE) * b.n) AS lift
  FROM pair p
  JOIN total t ON t.segment = p.segment
  JOIN family a ON a.segment = p.segment AND a.product_family = p.has_family
  JOIN family b ON b.segment = p.segment AND b.product_family = p.target_family
)
SELECT as_of() AS as_of_date, segment, has_family, target_family, n AS customers, n_a AS customers_with_has, n_b AS customers_with_target, n_ab AS customers_with_both,
       ratio(n_ab, n) AS support, ratio(n_ab, n_a) AS confidence, lift,
       lift * exp(-1.96 * sqrt(greatest(1.0 / n_ab - 1.0 / n_a - 1.0 / n_b + (2 * lift - 1) / n, 0))) AS lift_low,
       (n_ab + param('affinity.prior_customers') * n_b / n) / (n_a + param('affinity.prior_customers')) AS adoption_rate, median_usd AS median_mrr_usd
FROM counted_pair
