-- Indicators by acute trust of 2022 and year: the mean of the organisations that it carries on,
-- weighted by their operating cost of that year (by their median cost where that is missing).
-- grain: trust, year, indicator
-- column trust: ODS code of the acute trust in 2022
-- column year: year of the survey, or the year a financial year starts in
-- column indicator: name in the framework
-- column value: mean over the organisations
-- column sampling_variance: variance of the value from sampling staff, where the source is a sample
-- column respondents: staff who answered
-- column organisations: how many organisations' values it is made of
-- column reference_year: year that its figures were published for, the earliest of them; see
--   locality.indicator_trust
WITH cost AS (
    SELECT org_code, year, -value AS cost, median(-value) OVER (PARTITION BY org_code) AS usual
    FROM tidy.trust_finance
    WHERE measure = 'operating_cost' AND value < 0
),
usual AS (
    SELECT DISTINCT org_code, usual FROM cost
),
part AS (
    SELECT
        lineage.trust,
        measured.year,
        measured.indicator,
        measured.value,
        measured.sampling_variance,
        measured.respondents,
        measured.reference_year,
        lineage.share * coalesce(cost.cost, usual.usual, 1) AS weight
    FROM locality.indicator_trust AS measured
    JOIN locality.trust_lineage AS lineage ON lineage.org_code = measured.org_code
    LEFT JOIN cost ON cost.org_code = measured.org_code AND cost.year = measured.year
    LEFT JOIN usual ON usual.org_code = measured.org_code
    WHERE measured.value IS NOT NULL
        AND (lineage.from_date IS NULL OR make_date(measured.year, 4, 1) >= lineage.from_date)
)
SELECT
    trust,
    year,
    indicator,
    sum(weight * value) / sum(weight) AS value,
    sum(weight ** 2 * sampling_variance) / sum(weight) ** 2 AS sampling_variance,
    CAST(sum(respondents) AS BIGINT) AS respondents,
    count(*) AS organisations,
    min(reference_year) AS reference_year
FROM part
GROUP BY ALL
