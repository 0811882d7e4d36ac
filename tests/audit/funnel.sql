-- F24: deals created in 365 days and how far they came, by the demo's five steps.
WITH seen AS (
  SELECT deal, stage FROM deal_step WHERE since < as_of_day() + 1 UNION ALL SELECT deal, stage FROM deal
), reach AS (
  SELECT d.deal, max(CASE WHEN d.won THEN 5 ELSE CASE s.stage WHEN 'Prospecting' THEN 1 WHEN 'Qualification' THEN 2 WHEN 'Needs Analysis' THEN 2
                          WHEN 'Proposal/Price Quote' THEN 3 WHEN 'Negotiation/Review' THEN 4 ELSE 1 END END) AS furthest
  FROM deal d LEFT JOIN seen s USING (deal) WHERE CAST(d.created AS DATE) > as_of_day() - 365 GROUP BY d.deal
)
SELECT step, count(*) FROM reach, LATERAL (SELECT unnest(generate_series(1, furthest)) AS step) GROUP BY ALL
-- gold
SELECT stage_order, entered_count FROM gold.sales_funnel WHERE funnel = 'opportunity' AND region = 'ALL'
