-- Population of every council and financial year: the mid-year estimate of the nearest year that is
-- published for its code, since none before mid-2015 and few after a reorganisation are at hand.
-- grain: areacd, year
-- column areacd: ONS code of the council
-- column year: financial year by the year it starts in
-- column persons: persons of all ages
-- column aged_18_plus: persons of 18 and over
-- column aged_65_plus: persons of 65 and over
-- column population_year: the mid-year that the figures are of
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
years AS (
    SELECT CAST(unnest(range(2010, 2026)) AS INTEGER) AS year
)
SELECT areacd, year, persons, aged_18_plus, aged_65_plus, population_year
FROM years CROSS JOIN published
QUALIFY row_number() OVER (
    PARTITION BY areacd, year ORDER BY abs(population_year - year), population_year
) = 1
