-- Customers that paid a year before the end of the last closed month, the share of them that
-- still do, and their money then and now at the rates of then. Gold knows earlier versions of
-- prices, these records do not: money is compared to half a percent.
WITH then_rate AS (SELECT ccy, arg_max(rate, rate_day) AS rate FROM rate WHERE rate_day <= year_start() GROUP BY ccy), money AS (
  SELECT customer, coalesce(sum(monthly / rate) FILTER (WHERE since <= year_start() AND (until IS NULL OR until >= year_start())), 0) AS before,
         coalesce(sum(monthly / rate) FILTER (WHERE since <= year_end() AND (until IS NULL OR until >= year_end())), 0) AS after
  FROM recurring JOIN then_rate USING (ccy) SEMI JOIN cohort USING (customer) GROUP BY customer
)
SELECT 'customers', count(*) FROM cohort UNION ALL SELECT 'percent kept', 100.0 * count(*) FILTER (WHERE stays) / count(*) FROM cohort
UNION ALL SELECT 'nrr in tens of percent', 10 * sum(after) / sum(before) FROM money UNION ALL SELECT 'grr in tens of percent', 10 * sum(least(before, after)) / sum(before) FROM money
-- answer
SELECT 'customers', opening_customers FROM answer WHERE dimension = 'all' UNION ALL SELECT 'percent kept', 100 * logo_retention FROM answer WHERE dimension = 'all'
UNION ALL SELECT 'nrr in tens of percent', 10 * nrr FROM answer WHERE dimension = 'all' UNION ALL SELECT 'grr in tens of percent', 10 * grr FROM answer WHERE dimension = 'all'
