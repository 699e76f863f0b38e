-- Which acute trust of 2022 carries on each NHS organisation of earlier years.
-- grain: org_code, trust
-- column org_code: ODS code as it appears in a source
-- column trust: ODS code of the acute trust in 2022
-- column share: part of the organisation taken to have gone there: equal parts where it was split
-- column from_date: earlier values of this code belong to another kind of body and are not used
WITH RECURSIVE acute AS (
    SELECT DISTINCT org_code FROM tidy.trust_catchment
),
link AS (
    -- Before 2010 the register also holds the transfers to primary care trusts. Trusts of 2022 that
    -- have merged since are followed by locality.trust_place.
    SELECT org_code, successor_code
    FROM (
        SELECT org_code, successor_code, date FROM tidy.trust_succession
        UNION
        SELECT org_code, successor_code, CAST(date AS DATE) AS date
        FROM reference.trust_succession_additions
    )
    WHERE date >= DATE '2010-01-01' AND org_code NOT IN (SELECT org_code FROM acute)
),
lineage AS (
    SELECT org_code, org_code AS trust FROM acute
    UNION
    SELECT link.org_code, lineage.trust
    FROM link JOIN lineage ON lineage.org_code = link.successor_code
)
SELECT
    lineage.org_code,
    lineage.trust,
    1.0 / count(*) OVER (PARTITION BY lineage.org_code) AS share,
    CAST(not_acute.before AS DATE) AS from_date
FROM lineage
LEFT JOIN reference.trust_not_acute AS not_acute ON not_acute.org_code = lineage.org_code
