-- Published climate plans of councils: the only plans that open data hold, of one domain, and so a
-- proxy for "has a strategic plan".
-- grain: areacd, measure
-- column areacd: ONS code of the council
-- column measure: climate_plans: action plans and strategies found
-- column year: the year in which the search began
-- column value: number of documents; 0 where the search found none
-- column status: what stands behind the value
SELECT
    code.areacd,
    'climate_plans' AS measure,
    CAST(2021 AS INTEGER) AS year,
    CAST(
        count(*) FILTER (plan.found AND plan.document_type IN ('action plan', 'climate strategy'))
        AS DOUBLE
    ) AS value,
    'ok' AS status
FROM tidy.climate_plans AS plan
JOIN locality.council_code AS code
    ON code.kind = 'registry_code' AND code.code = plan.registry_code
GROUP BY code.areacd
