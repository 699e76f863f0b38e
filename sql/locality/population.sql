-- Population of every council and financial year: the mid-year estimate of the nearest year that is
-- published for its code, since none before mid-2015 and few after a reorganisation are at hand. A
-- council that no mid-year was published for is the sum of the districts and unitaries that lie
-- whole inside it.
-- grain: areacd, year
-- column areacd: ONS code of the council
-- column year: financial year by the year it starts in
-- column persons: persons of all ages
-- column aged_18_plus: persons of 18 and over
-- column aged_65_plus: persons of 65 and over
-- column population_year: the mid-year that the figures are of
-- column status: ok where it was published for the council, e where it is such a sum
WITH published AS (
    SELECT
        code.areacd,
        population.year AS population_year,
        sum(value) FILTER (age >= 0) AS persons,
        sum(value) FILTER (age >= 18) AS aged_18_plus,
        sum(value) FILTER (age >= 65) AS aged_65_plus
    FROM tidy.population AS population
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = population.areacd
    GROUP BY ALL
),
summed AS (
    SELECT
        overlap.areacd_to AS areacd,
        part.population_year,
        sum(part.persons) AS persons,
        sum(part.aged_18_plus) AS aged_18_plus,
        sum(part.aged_65_plus) AS aged_65_plus
    FROM published AS part
    JOIN tidy.council_registry AS council
        ON council.areacd = part.areacd AND council.council_type <> 'shire county'
    JOIN locality.council_overlap AS overlap
        ON overlap.areacd_from = part.areacd AND overlap.share_of_from > 1 - 1e-9
    JOIN tidy.council_registry AS target ON target.areacd = overlap.areacd_to
    ANTI JOIN published AS own ON own.areacd = overlap.areacd_to
    GROUP BY ALL
    HAVING sum(overlap.share_of_to) BETWEEN 1 - 1e-9 AND 1 + 1e-9
),
available AS (
    SELECT *, 'ok' AS status FROM published
    UNION ALL BY NAME
    SELECT *, 'e' AS status FROM summed
),
years AS (
    -- To 2025, and always to the fifth year after the last estimate.
    SELECT CAST(counted AS INTEGER) AS year
    FROM range(2010, 3000) AS years (counted)
    WHERE counted < greatest(2026, (SELECT max(year) FROM tidy.population) + 6)
)
SELECT areacd, year, persons, aged_18_plus, aged_65_plus, population_year, status
FROM years
JOIN available ON abs(population_year - year) <= 10
QUALIFY row_number() OVER (
    PARTITION BY areacd, year ORDER BY abs(population_year - year), population_year
) = 1
