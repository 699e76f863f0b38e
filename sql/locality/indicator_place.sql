-- Every indicator by council (county, district or unitary) and financial year: measured there, or
-- carried from the trusts that its residents use, or from the councils of another date on the same
-- ground, with the share that was really observed.
-- grain: areacd, year, indicator
-- column areacd: ONS code of the council
-- column year: financial year by the year it starts in
-- column indicator: name in the framework
-- column value: the value, empty where the status says so
-- column status: see meta.dictionary; x where no trust of the council was observed, e where it is
--   carried from other councils
-- column coverage: share of the council's trust weight, or of its people, that was observed (carried
--   values only)
-- column n_effective: effective number of trusts behind the value, 1 / sum of squared weights
-- column sampling_variance: variance of the value from sampling staff
-- column respondents: staff who answered at an observed trust, mean over the trusts by weight
-- column reference_year: year that the figure was published for: the row's, or an earlier one where a
--   figure stands for years after its own (meta.indicator.stands), the earliest of a carried value's;
--   empty without a value, and where it is of no year (meta.indicator.static)
WITH years AS (
    SELECT DISTINCT indicator, year FROM locality.trust_indicator
),
carried AS (
    SELECT
        link.areacd,
        years.year,
        years.indicator,
        sum(link.weight) FILTER (measured.value IS NOT NULL) AS observed,
        sum(link.weight) AS everything,
        sum(link.weight * measured.value) AS total,
        sum(link.weight ** 2) FILTER (measured.value IS NOT NULL) AS squares,
        sum(link.weight ** 2 * measured.sampling_variance) AS noise,
        sum(link.weight * measured.respondents)
            / sum(link.weight) FILTER (measured.respondents IS NOT NULL) AS respondents,
        min(measured.reference_year) AS reference_year
    FROM locality.trust_place AS link
    JOIN years ON link.vintage = greatest(2018, least(2024, years.year))
    LEFT JOIN locality.trust_indicator AS measured
        ON measured.trust = link.trust
        AND measured.year = years.year
        AND measured.indicator = years.indicator
    GROUP BY ALL
)
SELECT
    areacd,
    year,
    indicator,
    total / observed AS value,
    CASE WHEN observed > 0 THEN 'ok' ELSE 'x' END AS status,
    coalesce(observed, 0) / everything AS coverage,
    observed ** 2 / squares AS n_effective,
    noise / observed ** 2 AS sampling_variance,
    respondents,
    reference_year
FROM carried
UNION ALL
SELECT areacd, year, indicator, value, status, NULL, NULL, NULL, NULL, reference_year
FROM locality.indicator_council
UNION ALL
SELECT areacd, year, indicator, value, status, coverage, NULL, NULL, NULL, reference_year
FROM locality.indicator_carried
