-- grain: outcome x driver
-- key: as_of_date, outcome, driver
-- storage: single
--
-- How outcomes of customers over the last twelve closed months go with what they met with
-- before these months. risk_ratio compares the share of bad outcomes between exposed and
-- other customers, with a 95 % interval from the normal law of its logarithm; spearman_rho
-- correlates the values by rank, its p value is that of Fisher's z with the variance
-- 1.06 / (n - 3) for ranks. Groups smaller than drivers.min_n tell nothing. It is association:
-- nothing here is adjusted for what else differs between the groups.
WITH wanted AS (
  SELECT outcome, driver
  FROM (SELECT unnest(['churn_12m', 'nrr_12m', 'yoy_growth', 'nps']) AS outcome)
  CROSS JOIN (SELECT unnest(['price_increase', 'sla_breach', 'escalation', 'complaint', 'dispute', 'billing_error', 'competitor_mention', 'contact_left', 'nps', 'csat']) AS driver)
  WHERE outcome <> driver
), pair AS (
  SELECT o.outcome, e.driver, o.outcome_value, o.is_bad, e.driver_value, e.is_exposed
  FROM gold.customer_outcomes o JOIN gold.driver_exposure e ON e.master_account_id = o.master_account_id
), ranked AS (
  -- Twice the mean rank of equal values, so that all sums are of whole numbers.
  SELECT outcome, driver, is_bad, is_exposed,
         2 * rank() OVER (PARTITION BY outcome, driver ORDER BY driver_value) + count(*) OVER (PARTITION BY outcome, driver, driver_value) - 1 AS x,
         2 * rank() OVER (PARTITION BY outcome, driver ORDER BY outcome_value) + count(*) OVER (PARTITION BY outcome, driver, outcome_value) - 1 AS y
  FROM pair
), counted_pair AS (
  SELECT outcome, driver, count(*) AS n, count(*) FILTER (WHERE is_exposed) AS n1, count(*) FILTER (WHERE NOT is_exposed) AS n0,
         count(*) FILTER (WHERE is_exposed AND is_bad) AS bad1, count(*) FILTER (WHERE NOT is_exposed AND is_bad) AS bad0,
         CAST(sum(x) AS DOUBLE) AS sx, CAST(sum(y) AS DOUBLE) AS sy, CAST(sum(CAST(x AS HUGEINT) * x) AS DOUBLE) AS sxx, CAST(sum(CAST(y AS HUGEINT) * y) AS DOUBLE) AS syy,
         CAST(sum(CAST(x AS HUGEINT) * y) AS DOUBLE) AS sxy
  FROM ranked GROUP BY outcome, driver
), judged AS (
  SELECT *, least(n0, n1) >= param('drivers.min_n') AS is_enough, CAST(bad1 AS DOUBLE) / nullif(n1, 0) AS rate1, CAST(bad0 AS DOUBLE) / nullif(n0, 0) AS rate0,
         CASE WHEN n >= 2 * param('drivers.min_n') AND (sxx - sx * sx / n) > 0 AND (syy - sy * sy / n) > 0
              THEN (sxy - sx * sy / n) / sqrt((sxx - sx * sx / n) * (syy - sy * sy / n)) END AS rho
  FROM counted_pair
), measured AS (
  SELECT *, CASE WHEN is_enough THEN ratio(rate1, rate0) END AS rr,
         CASE WHEN is_enough AND bad1 > 0 AND bad0 > 0 THEN 1.96 * sqrt(1.0 / bad1 - 1.0 / n1 + 1.0 / bad0 - 1.0 / n0) END AS half_width
  FROM judged
)
SELECT as_of() AS as_of_date, w.outcome, w.driver, coalesce(m.n1, 0) AS n_exposed, coalesce(m.n0, 0) AS n_unexposed,
       CASE WHEN m.is_enough THEN m.rate1 END AS rate_exposed, CASE WHEN m.is_enough THEN m.rate0 END AS rate_unexposed,
       m.rr AS risk_ratio, m.rr * exp(-m.half_width) AS ci_low, m.rr * exp(m.half_width) AS ci_high,
       CASE WHEN m.rho IS NOT NULL THEN greatest(least(m.rho, 1), -1) END AS spearman_rho,
       CASE WHEN m.rho IS NOT NULL THEN two_sided_p(atanh(least(abs(m.rho), 0.999999999999)) * sqrt((m.n - 3) / 1.06)) END AS p_value,
       CASE WHEN m.n IS NULL THEN 'No customer has both this outcome and a source for this driver.'
            WHEN NOT m.is_enough THEN 'Only ' || counted(m.n1, 'customer', 'customers') || ' exposed and ' || counted(m.n0, 'other', 'others') || ': too few to compare.'
            ELSE 'Association, not cause: ' || format('{:,d} of {:,d} exposed customers and {:,d} of {:,d} others ', m.bad1, m.n1, m.bad0, m.n0)
                 || CASE w.outcome WHEN 'churn_12m' THEN 'left' WHEN 'nrr_12m' THEN 'pay less than a year before' WHEN 'yoy_growth' THEN 'shrank' ELSE 'gave more low than high answers' END
                 || format('; exposure in the {:.0f} days to {}, outcome in the 12 months after.', param('drivers.exposure_days'), CAST(last_day(months_before(closed_month(), 12)) AS VARCHAR)) END AS note
FROM wanted w LEFT JOIN measured m ON m.outcome = w.outcome AND m.driver = w.driver
