-- grain: segment of customers, and ALL together
-- key: segment
-- storage: single
-- fit: survival_parameters_1
-- params: clv
--
-- The shifted-beta-geometric model of how long customers stay (Fader and Hardie 2007), by
-- maximum likelihood from the lifetimes of each segment: customers still there count as
-- having lasted so far. A segment with fewer than clv.min_churns losses, or whose fit finds
-- no answer, has the parameters of all segments together (basis pooled).
--
-- The share of customers with tenure n who last k more months is
-- B(alpha, beta + n + k) / B(alpha, beta + n). alpha_draws and beta_draws are the parameters
-- of resampled customers (bootstrap), from which intervals come. status: ok, or why there
-- are no parameters: too_few, degenerate (nobody left, or all at once), not_converged.
SELECT segment, months, is_lost, CAST(count(*) AS DOUBLE) AS customers
FROM gold.mrr_lifetimes
GROUP BY segment, months, is_lost
