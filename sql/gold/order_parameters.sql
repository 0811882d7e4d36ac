-- grain: parameter of a model of orders
-- key: model, parameter
-- storage: single
-- fit: order_parameters_1
-- params: clv
--
-- Two models of accounts that order when they like, by maximum likelihood over all their
-- histories. bg_nbd (Fader, Hardie and Lee 2005; time in weeks): how often they order and
-- when they stop. gamma_gamma (Fader and Hardie 2013; USD): what their orders are worth; it
-- needs values that have nothing to do with the frequency, and has the status correlated
-- where their correlation is beyond clv.max_correlation: then the mean of the segment
-- stands for the value. Other reasons for no use: too_few accounts with a repeat (under
-- clv.min_repeaters), degenerate, not_converged. draws are the parameters of resampled
-- accounts.
SELECT CAST(frequency AS DOUBLE) AS frequency, recency_weeks, age_weeks, CAST(valued_repeats AS DOUBLE) AS valued_repeats, repeat_value_usd,
       CAST(count(*) AS DOUBLE) AS customers
FROM gold.order_histories
GROUP BY frequency, recency_weeks, age_weeks, valued_repeats, repeat_value_usd
