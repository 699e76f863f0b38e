-- council(wanted): councils by any code that stands for them in any source, or by a part of their
-- name. Other macros and tables take the code found here.
-- grain: areacd
-- column areacd: ONS code, the latest the council carries or carried
-- column areanm: name
-- column tier: upper (county), lower (district) or unitary (both in one)
-- column council_class: kind of council
-- column region: region
-- column county_areacd: county of a district
-- column start_date: first day, where it is known
-- column end_date: last day, where it has ended
-- column successors: ONS codes of the councils that replaced it, with commas
CREATE MACRO council(wanted) AS TABLE
SELECT
    areacd, areanm, tier, council_class, region, county_areacd, start_date, end_date, successors
FROM locality.place
WHERE contains(lower(areanm), lower(wanted))
    OR areacd IN (SELECT code.areacd FROM locality.council_code AS code WHERE code.code = wanted)
ORDER BY areanm, areacd
