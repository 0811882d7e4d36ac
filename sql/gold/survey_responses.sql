-- grain: survey answer
-- key: survey_response_id
-- storage: single
--
-- Answers to questionnaires. score is as given, score_100 the same from 0 (worst) to 100
-- (best) of its scale; NULL where the scale is not told or the answer lies outside it.
-- nps_category only for NPS answers on a scale of 0 to 10: other scales have no promoters.
-- The product is that of the answer, else of its case; the agent the one named, else the
-- owner of the case. Answers of the future are left out. Text is not read: sentiment_score
-- and themes are empty.
WITH answer AS (
  SELECT s.*, c.owner_id AS case_owner_id, c.account_id AS case_account_id, coalesce(s.product_id, c.product_id, t.product_id) AS about_product_id,
         CASE WHEN s.score BETWEEN s.scale_min AND s.scale_max THEN (s.score - s.scale_min) / nullif(s.scale_max - s.scale_min, 0) * 100 END AS score_100
  FROM silver.survey_response s
  LEFT JOIN silver.support_case c ON c.case_id = s.case_id
  LEFT JOIN silver.asset t ON t.asset_id = c.asset_id
  WHERE s.responded_at < as_of_end()
)
SELECT s.survey_response_id, coalesce(a.account_id, unassigned(s.source_region)) AS account_id, a.master_account_id, s.end_user_id, s.case_id,
       upper(trim(s.survey_type)) AS survey_type, s.score, s.score_100,
       CASE WHEN upper(trim(s.survey_type)) = 'NPS' AND s.scale_min = 0 AND s.scale_max = 10 AND s.score_100 IS NOT NULL
            THEN CASE WHEN s.score >= 9 THEN 'promoter' WHEN s.score <= 6 THEN 'detractor' ELSE 'passive' END END AS nps_category,
       coalesce(p.product_family, 'UNKNOWN') AS product_family, coalesce(a.region, s.source_region, 'UNKNOWN') AS region,
       coalesce(s.agent_user_id, s.case_owner_id) AS agent_id, u.user_name AS agent_name, s.responded_at, s.comment,
       CAST(NULL AS DOUBLE) AS sentiment_score, CAST(NULL AS VARCHAR[]) AS themes
FROM answer s
LEFT JOIN gold.account_members a ON a.account_id = coalesce(s.account_id, s.case_account_id)
LEFT JOIN silver.product p ON p.product_id = s.about_product_id
LEFT JOIN silver."user" u ON u.user_id = coalesce(s.agent_user_id, s.case_owner_id)
