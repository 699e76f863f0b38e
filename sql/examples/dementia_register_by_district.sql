-- What share of the people estimated to have dementia is on a register, district by district?
-- The newest month with a figure, lowest share first, beside the mean of the county's districts.
-- Caution: the number of people with dementia is an estimate; where it is too low, the share is too
-- high. Places without a figure are missing, not zero.
-- grain: areacd
-- column areacd: ONS code of the district or unitary
-- column areanm: its name
-- column county: county of a district
-- column month: first day of the month
-- column registered: people of 65 and over on a register
-- column estimated: people of 65 and over estimated to have dementia
-- column share: percent of the estimate that is on a register
-- column county_mean: mean of the county's districts, not weighted
SELECT
    register.areacd,
    place.areanm,
    county.areanm AS county,
    register.month,
    register.registered,
    register.estimated,
    register.value AS share,
    CASE WHEN county.areacd IS NOT NULL
        THEN avg(register.value) OVER (PARTITION BY county.areacd) END AS county_mean
FROM locality.dementia_register_share AS register
JOIN locality.place AS place USING (areacd)
LEFT JOIN locality.place AS county ON county.areacd = place.county_areacd
WHERE place.tier <> 'upper'
    AND register.month = (
        SELECT max(month) FROM locality.dementia_register_share WHERE value IS NOT NULL
    )
    AND register.value IS NOT NULL
ORDER BY share
