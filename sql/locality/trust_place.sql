-- How much of each council's care each acute trust stands for: the trust's operating cost times the
-- share of its patients who live in the council. Counties and their districts both have rows.
-- Districts of 2021 that merged earlier districts are taken apart again by the population of
-- mid-2017.
-- grain: vintage, areacd, trust
-- column vintage: year whose councils these are, 2018 to 2024; 2018 serves the years before it
-- column areacd: ONS code of the council: county, district or unitary
-- column trust: ODS code of the acute trust in 2022, or of the one that it has merged into by the
--   vintage
-- column patient_share: share of the trust's patients who live in the council
-- column size: median over years of the trust's operating cost, GBP thousand; of both where it merged
-- column weight: size x patient_share, as a share of the council's sum over all trusts
-- column rank: 1 for the council's dominant trust
WITH district AS (
    SELECT areacd, sum(value) AS persons
    FROM tidy.population
    WHERE year = 2017 AND age >= 0
    GROUP BY ALL
),
piece AS (
    -- A district of 2018 as a part of the district of 2021 that holds it.
    SELECT DISTINCT now.areacd AS district_2021, was.areacd AS district_2018
    FROM tidy.district_history AS was
    JOIN tidy.district_history AS now ON now.chain = was.chain AND now.vintage = 2021
    WHERE was.vintage = 2018
),
part AS (
    SELECT
        piece.*,
        district.persons / sum(district.persons) OVER (PARTITION BY district_2021) AS part
    FROM piece
    JOIN district ON district.areacd = piece.district_2018
),
council AS (
    SELECT areacd AS district, areacd
    FROM tidy.council_registry
    UNION
    SELECT district.areacd, county.areacd
    FROM tidy.council_registry AS district
    JOIN tidy.council_registry AS county
        ON county.registry_code = district.county_registry_code
        AND district.council_type = 'shire district'
),
belongs AS (
    SELECT DISTINCT then_.vintage, was.areacd AS district_2018, council.areacd
    FROM tidy.district_history AS was
    JOIN tidy.district_history AS then_ ON then_.chain = was.chain AND then_.vintage >= 2018
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = then_.areacd
    JOIN council ON council.district = code.areacd
    WHERE was.vintage = 2018
),
reach AS (
    SELECT
        belongs.vintage,
        belongs.areacd,
        catchment.org_code AS trust,
        sum(catchment.value * part.part) AS patient_share
    FROM tidy.trust_catchment AS catchment
    JOIN part ON part.district_2021 = catchment.areacd
    JOIN belongs ON belongs.district_2018 = part.district_2018
    GROUP BY ALL
),
cost AS (
    SELECT lineage.trust, finance.year, sum(-finance.value * lineage.share) AS cost
    FROM tidy.trust_finance AS finance
    JOIN locality.trust_lineage AS lineage ON lineage.org_code = finance.org_code
    WHERE finance.measure = 'operating_cost'
        AND (lineage.from_date IS NULL OR make_date(finance.year, 4, 1) >= lineage.from_date)
    GROUP BY ALL
),
size AS (
    -- The median, because years of a merger hold a part of a year's cost.
    SELECT trust, median(cost) AS size FROM cost WHERE cost > 0 GROUP BY ALL
),
heir AS (
    -- A trust of 2022 that has merged reports no more from the financial year of its merger.
    SELECT org_code, successor_code, year(date - INTERVAL 3 MONTH) AS since
    FROM (
        SELECT org_code, successor_code, date FROM tidy.trust_succession
        UNION
        SELECT org_code, successor_code, CAST(date AS DATE) AS date
        FROM reference.trust_succession_additions
    )
    WHERE date >= DATE '2010-01-01' AND org_code IN (SELECT org_code FROM tidy.trust_catchment)
),
held AS (
    SELECT vintage, coalesce(heir.successor_code, size.trust) AS trust, size.trust AS was, size.size
    FROM size
    CROSS JOIN (SELECT DISTINCT vintage FROM reach)
    LEFT JOIN heir ON heir.org_code = size.trust AND vintage >= heir.since
),
whole AS (
    SELECT vintage, trust, sum(size) AS size FROM held GROUP BY ALL
),
care AS (
    SELECT reach.vintage, reach.areacd, held.trust, sum(held.size * reach.patient_share) AS care
    FROM reach
    JOIN held ON held.vintage = reach.vintage AND held.was = reach.trust
    GROUP BY ALL
)
SELECT
    care.vintage,
    care.areacd,
    care.trust,
    care.care / whole.size AS patient_share,
    whole.size,
    care.care / sum(care.care) OVER (PARTITION BY care.vintage, care.areacd) AS weight,
    row_number() OVER (
        PARTITION BY care.vintage, care.areacd ORDER BY care.care DESC, care.trust
    ) AS rank
FROM care
JOIN whole USING (vintage, trust)
