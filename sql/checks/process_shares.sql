-- check: process_shares
-- severity: error
-- table: gold.process_cycle_times
-- about: The shares of a process's steps in its time add up to 1, per month, region and product family.
SELECT month_start, process_name, region, product_family, sum(share_of_total_time) AS shares
FROM gold.process_cycle_times GROUP BY month_start, process_name, region, product_family
HAVING abs(sum(exact(share_of_total_time)) - 1) > 0.000001
