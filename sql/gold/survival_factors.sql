-- grain: segment x tenure x months left under contract, those that occur
-- key: segment, tenure_months, contract_months
-- storage: single
--
-- What 1 USD of monthly recurring revenue is worth over clv.horizon_months: a payment at
-- the end of each month k, discounted by (1 + clv.annual_discount_rate)^(-k/12), times the
-- share S(k) of customers of that tenure n who still pay then. S(k) is 1 while the contract
-- runs, else S(n + k) / S(n) of the segment's model (survival_parameters). secured is the
-- part under contract, which needs no model; projected is the whole, low and high are the
-- ends of its clv.interval over the model's draws.
WITH needed AS (
  SELECT DISTINCT segment, tenure_months, contract_months FROM gold.mrr_commitments
), curve AS (
  SELECT DISTINCT segment, tenure_months FROM needed
), parameter AS (
  SELECT segment, 0 AS draw, alpha, beta FROM gold.survival_parameters WHERE alpha IS NOT NULL
  UNION ALL
  SELECT segment, CAST(unnest(generate_series(1, len(alpha_draws))) AS INTEGER), unnest(alpha_draws), unnest(beta_draws) FROM gold.survival_parameters
), month AS (
  -- At least a year, for survival_12m; months after the horizon are worth nothing.
  SELECT k, CASE WHEN k <= param('clv.horizon_months') THEN power(1 + param('clv.annual_discount_rate'), -k / 12.0) ELSE 0 END AS discount
  FROM (SELECT CAST(unnest(generate_series(1, CAST(greatest(param('clv.horizon_months'), 12) AS INTEGER))) AS INTEGER) AS k)
), survival AS (
  SELECT c.segment, c.tenure_months, p.draw, m.k, m.discount,
         exp(lgamma(p.beta + c.tenure_months + m.k) - lgamma(p.beta + c.tenure_months)
             + lgamma(p.alpha + p.beta + c.tenure_months) - lgamma(p.alpha + p.beta + c.tenure_months + m.k)) AS share
  FROM curve c JOIN parameter p ON p.segment = c.segment CROSS JOIN month m
), later AS (
  -- Months k to the horizon together; the contract leaves those after its own.
  SELECT segment, tenure_months, draw, k - 1 AS contract_months,
         sum(CAST(discount * share AS DECIMAL(38,15))) OVER (PARTITION BY segment, tenure_months, draw ORDER BY k DESC ROWS UNBOUNDED PRECEDING) AS worth
  FROM survival
), secured AS (
  SELECT k AS contract_months, sum(CAST(discount AS DECIMAL(38,15))) OVER (ORDER BY k ROWS UNBOUNDED PRECEDING) AS worth FROM month
), drawn AS (
  SELECT n.segment, n.tenure_months, n.contract_months, l.draw, CAST(l.worth AS DOUBLE) AS worth
  FROM needed n
  JOIN later l ON l.segment = n.segment AND l.tenure_months = n.tenure_months AND l.contract_months = n.contract_months
), unsecured AS (
  SELECT segment, tenure_months, contract_months, max(worth) FILTER (WHERE draw = 0) AS worth,
         exact_quantile(CASE WHEN draw > 0 THEN worth END, (1 - param('clv.interval')) / 2) AS low, exact_quantile(CASE WHEN draw > 0 THEN worth END, (1 + param('clv.interval')) / 2) AS high
  FROM drawn GROUP BY segment, tenure_months, contract_months
), summed AS (
  SELECT n.segment, n.tenure_months, n.contract_months, coalesce(CAST(s.worth AS DOUBLE), 0) AS secured,
         -- A contract to the horizon or beyond leaves nothing to survive.
         CASE WHEN n.contract_months >= param('clv.horizon_months') THEN 0 ELSE u.worth END AS worth,
         CASE WHEN n.contract_months >= param('clv.horizon_months') THEN 0 ELSE u.low END AS low,
         CASE WHEN n.contract_months >= param('clv.horizon_months') THEN 0 ELSE u.high END AS high
  FROM needed n
  LEFT JOIN secured s ON s.contract_months = n.contract_months
  LEFT JOIN unsecured u ON u.segment = n.segment AND u.tenure_months = n.tenure_months AND u.contract_months = n.contract_months
)
SELECT f.segment, f.tenure_months, f.contract_months, round(f.secured, 10) AS secured,
       round(f.secured + f.worth, 10) AS projected, round(f.secured + f.low, 10) AS projected_low, round(f.secured + f.high, 10) AS projected_high,
       CASE WHEN f.contract_months >= 12 THEN 1 ELSE round(v.share, 10) END AS survival_12m
FROM summed f
LEFT JOIN survival v ON v.segment = f.segment AND v.tenure_months = f.tenure_months AND v.draw = 0 AND v.k = 12
