-- check: milestones_count
-- severity: error
-- table: gold.case_milestones
-- about: A case's milestones met and due are those of case_milestones.
SELECT c.case_id, c.milestones_due, c.milestones_met, m.due, m.met
FROM gold.support_cases c
JOIN (SELECT case_id, count(*) FILTER (WHERE outcome IN ('met', 'violated')) AS due, count(*) FILTER (WHERE outcome = 'met') AS met FROM gold.case_milestones GROUP BY case_id) m
  ON m.case_id = c.case_id
WHERE c.milestones_due <> m.due OR c.milestones_met <> m.met
