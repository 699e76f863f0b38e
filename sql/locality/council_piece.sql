-- The finest pieces of ground that councils of every date are made of: districts and unitaries of
-- 2016, followed through the reorganisations since, with their people of mid-2017.
-- grain: areacd, piece
-- column areacd: ONS code of the council, current or former: county, district or unitary
-- column piece: ONS code of the district or unitary of 2016
-- column persons: people of the piece at mid-2017, empty where they are not known
WITH held AS (
    SELECT history.chain, history.vintage, code.areacd
    FROM tidy.district_history AS history
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = history.areacd
),
ground AS (
    SELECT chain, arg_min(areacd, vintage) AS piece FROM held GROUP BY ALL
),
people AS (
    SELECT code.areacd, sum(population.value) AS persons
    FROM tidy.population AS population
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = population.areacd
    WHERE population.year = 2017 AND population.age >= 0
    GROUP BY ALL
),
belongs AS (
    SELECT areacd AS district, areacd FROM tidy.council_registry
    UNION
    SELECT district.areacd, county.areacd
    FROM tidy.council_registry AS district
    JOIN tidy.council_registry AS county
        ON county.registry_code = district.county_registry_code
        AND district.council_type = 'shire district'
)
SELECT DISTINCT belongs.areacd, ground.piece, people.persons
FROM held
JOIN ground ON ground.chain = held.chain
JOIN belongs ON belongs.district = held.areacd
LEFT JOIN people ON people.areacd = ground.piece
