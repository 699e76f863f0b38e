-- Which councils spend more a head on adult social care than others of their class?
-- The newest year of the outturn: spending per adult less the median of the same class of council.
-- Caution: need differs within a class as well. Net figures fall where money comes from the NHS, so
-- more partnership can look like less spending.
-- grain: areacd
-- column areacd: ONS code of the council
-- column areanm: its name
-- column council_class: kind of council
-- column year: financial year by the year it starts in
-- column per_adult: net current spending on adult social care per adult, GBP
-- column class_median: median of the class
-- column difference: per_adult less class_median
-- column councils: councils of the class with a figure
SELECT
    areacd,
    areanm,
    council_class,
    year,
    adult_social_care_per_adult_rsx AS per_adult,
    median(adult_social_care_per_adult_rsx) OVER (PARTITION BY council_class) AS class_median,
    per_adult - class_median AS difference,
    count(*) OVER (PARTITION BY council_class) AS councils
FROM locality.authority_year
WHERE adult_social_care_per_adult_rsx IS NOT NULL
    AND year = (
        SELECT max(year) FROM locality.authority_year
        WHERE adult_social_care_per_adult_rsx IS NOT NULL
    )
ORDER BY difference DESC
