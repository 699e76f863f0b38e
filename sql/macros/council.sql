-- council(wanted): councils by any code that stands for them in any source, or by a part of their
-- name; case, full stops, apostrophes and spaces around it do not matter. Other macros and tables
-- take the code found here.
-- grain: areacd
-- column areacd: ONS code, the latest the council carries or carried
-- column areanm: name
-- column whole: whether that is its code or its whole name, as the other macros need it
-- column tier: upper (county), lower (district) or unitary (both in one)
-- column council_class: kind of council
-- column region: region
-- column county_areacd: county of a district
-- column start_date: first day, where it is known
-- column end_date: last day, where it has ended
-- column successors: ONS codes of the councils that replaced it, with commas
CREATE MACRO council(wanted) AS TABLE
WITH spelled AS (
    SELECT
        areacd,
        translate(lower(trim(areanm)), '.''’', '') AS name,
        translate(lower(trim(wanted)), '.''’', '') AS sought
    FROM locality.place
),
found AS (
    SELECT
        areacd,
        contains(name, sought) AS in_part,
        name = sought OR sought IN (
            SELECT lower(code.code) FROM locality.council_code AS code
            WHERE code.areacd = spelled.areacd
        ) AS whole
    FROM spelled
)
SELECT
    place.areacd, place.areanm, found.whole, place.tier, place.council_class, place.region,
    place.county_areacd, place.start_date, place.end_date, place.successors
FROM locality.place AS place
JOIN found USING (areacd)
WHERE found.in_part OR found.whole
ORDER BY place.areanm, place.areacd
