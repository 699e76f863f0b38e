-- Every code that stands for an English council in any source, and the council it means.
-- grain: kind, code
-- column kind: areacd (ONS, present and former), ecode (finance returns), registry_code, dh_code
--   (Department of Health) or cassr_code (adult social care returns)
-- column code: the code as it appears in sources
-- column areacd: ONS code of the council, the latest it carries or carried
WITH registry AS (
    SELECT registry_code, areacd, ecode, unnest(string_split(former_areacds, ',')) AS former
    FROM tidy.council_registry
    WHERE council_type NOT IN ('combined authority', 'strategic regional authority')
    UNION ALL
    SELECT registry_code, areacd, ecode, NULL
    FROM tidy.council_registry
    WHERE council_type NOT IN ('combined authority', 'strategic regional authority')
),
ons AS (
    SELECT areacd AS code, areacd FROM registry
    UNION
    SELECT trim(former), areacd FROM registry WHERE former IS NOT NULL
),
paired AS (
    SELECT DISTINCT 'dh_code' AS kind, dh_code AS code, areacd AS published
    FROM tidy.delayed_transfers
    WHERE area_type = 'council' AND areacd IS NOT NULL
    UNION
    SELECT DISTINCT 'cassr_code', cassr_code, areacd
    FROM tidy.adult_social_care_income
    WHERE area_type = 'council' AND areacd IS NOT NULL
    UNION
    -- The register has no E-codes of the councils made since 2019.
    SELECT DISTINCT 'ecode', ecode, areacd
    FROM tidy.service_expenditure
    WHERE area_type = 'council'
        AND areacd IS NOT NULL
        AND ecode NOT IN (SELECT ecode FROM registry WHERE ecode IS NOT NULL)
    UNION
    SELECT kind, code, areacd FROM reference.council_code_additions
)
SELECT 'areacd' AS kind, code, areacd FROM ons
UNION
SELECT 'ecode', ecode, areacd FROM registry WHERE ecode IS NOT NULL
UNION
SELECT 'registry_code', registry_code, areacd FROM registry
UNION
SELECT paired.kind, paired.code, ons.areacd FROM paired JOIN ons ON ons.code = paired.published
