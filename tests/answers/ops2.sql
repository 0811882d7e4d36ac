-- Steps entered in the months of the window and left by the as-of, by step.
WITH process AS (
  SELECT CASE process WHEN 'Onboarding_Step__c' THEN 'onboarding' WHEN 'Delivery_Step__c' THEN 'delivery' WHEN 'Activation_Step__c' THEN 'activation' END AS process, step, entered, left_at
  FROM stage_of_work WHERE date_trunc('month', entered) > as_of_day() - INTERVAL 6 MONTH AND entered < as_of_day() + 1 AND (left_at IS NULL OR left_at >= entered)
)
SELECT process || ' ' || step, count(*) FILTER (WHERE left_at < as_of_day() + 1) FROM process WHERE process IS NOT NULL GROUP BY ALL
-- answer
SELECT process_name || ' ' || step_name, completed FROM answer
