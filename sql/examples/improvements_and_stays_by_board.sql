-- Do boards whose staff can make improvements have fewer patients who stay without needing to?
-- Integrated care boards by year, with the rank of each among boards of the year (1 is best).
-- Caution: not adjusted for anything, counts and not rates, and few boards: two columns side by side,
-- not a test. The first comes from trusts by where their patients live.
-- grain: icb_code, year
-- column icb_code: ONS code of the integrated care board
-- column year: financial year by the year it starts in
-- column able_to_make_improvements: percent of staff who can make improvements happen
-- column coverage: share of the board's trust weight that was observed
-- column staff_rank: 1 for the highest percent of the year
-- column patients_not_meeting_criteria: patients a day who no longer need to stay
-- column days: days reported
-- column stays_rank: 1 for the fewest of the year
SELECT
    icb_code,
    year,
    able_to_make_improvements,
    coverage,
    rank() OVER (PARTITION BY year ORDER BY able_to_make_improvements DESC) AS staff_rank,
    patients_not_meeting_criteria,
    days,
    rank() OVER (PARTITION BY year ORDER BY patients_not_meeting_criteria) AS stays_rank
FROM locality.icb_year
WHERE able_to_make_improvements IS NOT NULL AND patients_not_meeting_criteria IS NOT NULL
ORDER BY year, staff_rank
