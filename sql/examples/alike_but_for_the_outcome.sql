-- Where are plan and budget the same but the outcome is not?
-- Counties whose districts share one plan and one budget: how far apart the dementia diagnosis rates
-- of their districts are, and which districts are at the ends.
-- Caution: the rate is of a modelled number of people with dementia; ends of small districts differ by
-- chance alone. It says where to look, not why.
-- grain: authority_areacd, year
-- column authority_areacd: ONS code of the county
-- column authority: its name
-- column year: financial year by the year it starts in
-- column districts: districts with a rate
-- column lowest: lowest rate, percent
-- column lowest_in: district that has it
-- column highest: highest rate, percent
-- column highest_in: district that has it
-- column gap: highest less lowest
SELECT
    district.authority_areacd,
    any_value(county.areanm) AS authority,
    district.year,
    count(*) AS districts,
    min(district.dementia_diagnosis_rate) AS lowest,
    arg_min(district.areanm, district.dementia_diagnosis_rate) AS lowest_in,
    max(district.dementia_diagnosis_rate) AS highest,
    arg_max(district.areanm, district.dementia_diagnosis_rate) AS highest_in,
    max(district.dementia_diagnosis_rate) - min(district.dementia_diagnosis_rate) AS gap
FROM locality.district_year AS district
JOIN locality.place AS county ON county.areacd = district.authority_areacd
WHERE district.authority_areacd <> district.areacd
    AND district.dementia_diagnosis_rate IS NOT NULL
GROUP BY district.authority_areacd, district.year
HAVING count(*) > 1
ORDER BY gap DESC
