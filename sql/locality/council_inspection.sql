-- Inspectors' judgements of councils with social care, under the code of the council that existed
-- on the day: the inspectorates publish names, and a county and its successor can share one.
-- grain: areacd, inspectorate, measure, year
-- column areacd: ONS code of the council that was inspected
-- column inspectorate: ofsted (children's services) or cqc (adult social care)
-- column measure: what was judged
-- column year: financial year of the inspection (else of its report), by the year it starts in
-- column inspected_on: day of the inspection (else of its report, or the first of its month)
-- column value: 1 inadequate to 4 outstanding
-- column status: what stands behind the value
WITH judged AS (
    SELECT
        'ofsted' AS inspectorate,
        registry_name,
        measure,
        coalesce(inspection_date, publication_date) AS inspected_on,
        value,
        status
    FROM tidy.ofsted_inspections
    UNION ALL
    SELECT 'cqc', registry_name, measure, month, value, status
    FROM tidy.cqc_council_assessments
)
SELECT
    place.areacd,
    judged.inspectorate,
    judged.measure,
    CAST(year(inspected_on - INTERVAL 3 MONTH) AS INTEGER) AS year,
    judged.inspected_on,
    judged.value,
    judged.status
FROM judged
JOIN locality.place AS place
    ON place.areanm = judged.registry_name
    AND place.tier <> 'lower'
    AND (place.start_date IS NULL OR place.start_date <= judged.inspected_on)
    AND (place.end_date IS NULL OR place.end_date > judged.inspected_on)
WHERE judged.value IS NOT NULL
-- A council can be inspected twice in a year, and the latest inspection stands in two lists.
QUALIFY row_number() OVER (
    PARTITION BY place.areacd, inspectorate, measure, year(inspected_on - INTERVAL 3 MONTH)
    ORDER BY inspected_on DESC
) = 1
