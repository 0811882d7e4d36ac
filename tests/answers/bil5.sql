-- Bills by month of issue, and those that were wrong: a credit for a billing error, rebilled, or a dispute upheld.
WITH wrong AS (
  SELECT bill FROM memo WHERE is_error AND applied <= as_of_day() UNION SELECT bill FROM quarrel WHERE outcome = 'Upheld' AND resolved <= as_of_day() UNION SELECT bill FROM invoice_head WHERE rebilled IS NOT NULL
), month AS (
  SELECT strftime(issued, '%Y-%m') AS month, count(*) AS bills, count(w.bill) AS errors FROM bill b LEFT JOIN wrong w USING (bill) WHERE b.issued <= as_of_day() GROUP BY ALL
)
SELECT month || ' bills', bills FROM month UNION ALL SELECT month || ' percent right', 100 - 100.0 * errors / bills FROM month
-- answer
SELECT strftime(month_start, '%Y-%m') || ' bills', invoices FROM answer WHERE invoices > 0 UNION ALL SELECT strftime(month_start, '%Y-%m') || ' percent right', 100 * billing_accuracy FROM answer WHERE invoices > 0
