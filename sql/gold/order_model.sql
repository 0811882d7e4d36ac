-- grain: account with orders outside contracts
-- key: account_id
-- storage: single
-- fit: order_model_1
-- params: clv
--
-- Whether an account still orders, and what it will: the models of order_parameters applied
-- to its history. p_alive is the chance that it has not left for good; without a repeat it
-- is 1, for the model lets customers leave after a repeat only, but the orders expected of
-- such an account fall with the time since its one order. Expected orders hold that chance
-- already. expected_orders_horizon runs over clv.horizon_months; discounted_orders is the
-- same with each month discounted, and projected_usd is that times order_value_usd.
--
-- value_basis: gamma_gamma (between the account's own mean and that of all, the nearer its
-- own the more it ordered), or segment_mean where that model cannot be used or the account
-- has no repeat of known value. status: ok, no_order_model, no_order_value.
SELECT 0 AS kind, model, parameter, status, value, draws,
       CAST(NULL AS VARCHAR) AS account_id, CAST(NULL AS VARCHAR) AS segment, CAST(NULL AS DOUBLE) AS frequency, CAST(NULL AS DOUBLE) AS recency_weeks,
       CAST(NULL AS DOUBLE) AS age_weeks, CAST(NULL AS DOUBLE) AS valued_repeats, CAST(NULL AS DOUBLE) AS repeat_value_usd, CAST(NULL AS DOUBLE) AS segment_value_usd
FROM gold.order_parameters
UNION ALL
SELECT 1, NULL, NULL, NULL, NULL, NULL,
       account_id, segment, frequency, recency_weeks, age_weeks, valued_repeats, repeat_value_usd, segment_value_usd
FROM gold.order_histories
