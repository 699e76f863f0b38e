-- Integrated care boards by year: staff who can make improvements happen, carried from the trusts
-- that the board's residents use, beside patients who stay in hospital without needing to.
-- grain: icb_code, year
-- column icb_code: ONS code of the integrated care board
-- column year: financial year by the year it starts in (the survey's calendar year)
-- column able_to_make_improvements: percent of staff, mean over trusts by share of their patients
-- column coverage: share of the board's trust weight that was observed
-- column n_effective: effective number of trusts behind the value
-- column patients_not_meeting_criteria: patients a day who no longer meet the criteria to reside,
--   mean over the days reported
-- column days: days reported
WITH survey_years AS (
    SELECT DISTINCT year FROM locality.indicator_trust WHERE indicator = 'able_to_make_improvements'
),
carried AS (
    SELECT
        link.icb_code,
        survey_years.year,
        sum(link.value) AS everything,
        sum(link.value) FILTER (measured.value IS NOT NULL) AS observed,
        sum(link.value * measured.value) AS total,
        sum(link.value ** 2) FILTER (measured.value IS NOT NULL) AS squares
    FROM tidy.trust_icb_catchment AS link
    CROSS JOIN survey_years
    LEFT JOIN locality.indicator_trust AS measured
        ON measured.org_code = link.org_code
        AND measured.year = survey_years.year
        AND measured.indicator = 'able_to_make_improvements'
    GROUP BY ALL
),
waiting AS (
    SELECT icb_code, year, avg(value) AS patients, count(value) AS days
    FROM tidy.criteria_to_reside_icb
    WHERE measure = 'not_meeting_criteria_to_reside'
    GROUP BY ALL
)
SELECT
    coalesce(carried.icb_code, waiting.icb_code) AS icb_code,
    coalesce(carried.year, waiting.year) AS year,
    carried.total / carried.observed AS able_to_make_improvements,
    coalesce(carried.observed, 0) / carried.everything AS coverage,
    carried.observed ** 2 / carried.squares AS n_effective,
    waiting.patients AS patients_not_meeting_criteria,
    waiting.days
FROM carried
FULL JOIN waiting ON waiting.icb_code = carried.icb_code AND waiting.year = carried.year
