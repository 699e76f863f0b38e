-- Every English council, current or former: its tier, class, dates, predecessors, successors and,
-- for councils with social care, the five most like it in need and rurality.
-- grain: areacd
-- column areacd: ONS code, the latest the council carries or carried
-- column areanm: name
-- column tier: upper (county), lower (district) or unitary (both in one)
-- column council_class: kind of council
-- column region: region; a former council without one has that of its successors, where they agree
-- column county_areacd: county of a district
-- column start_date: first day, where it is known
-- column end_date: last day, where it has ended
-- column predecessors: ONS codes of the councils it replaced, with commas
-- column successors: ONS codes of the councils that replaced it, with commas
-- column former_codes: earlier ONS codes of the same council, with commas
-- column comparators: ONS codes of the five upper-tier or unitary councils nearest in share of
--   people 65 and over, deprivation, rural share and population (z-scores, Euclidean), nearest first:
--   of a council of today those of today; empty for councils that were founded after 2015
WITH council AS (
    SELECT
        *,
        CASE council_type
            WHEN 'shire county' THEN 'upper' WHEN 'shire district' THEN 'lower' ELSE 'unitary'
        END AS tier
    FROM tidy.council_registry
    WHERE council_type NOT IN ('combined authority', 'strategic regional authority')
),
replaced AS (
    SELECT registry_code, areacd, trim(unnest(string_split(replaced_by, ','))) AS successor
    FROM council
    WHERE replaced_by IS NOT NULL
),
predecessor AS (
    SELECT replaced.successor AS registry_code,
        string_agg(replaced.areacd, ',' ORDER BY replaced.areacd) AS predecessors
    FROM replaced
    GROUP BY ALL
),
successor AS (
    SELECT replaced.registry_code,
        string_agg(council.areacd, ',' ORDER BY council.areacd) AS successors,
        CASE WHEN count(council.region) = count(*) AND count(DISTINCT council.region) = 1
            THEN min(council.region) END AS region
    FROM replaced JOIN council ON council.registry_code = replaced.successor
    GROUP BY ALL
),
likeness AS (
    SELECT
        council.areacd,
        council.end_date,
        population.aged_65_plus / population.persons AS older,
        ln(population.persons) AS people,
        deprivation.value AS deprivation,
        sum(rural_urban.value) AS rural
    FROM council
    JOIN locality.population AS population
        ON population.areacd = council.areacd AND population.year = 2015
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.areacd = council.areacd
    JOIN tidy.deprivation_2015 AS deprivation
        ON deprivation.areacd = code.code
        AND deprivation.domain = 'index_of_multiple_deprivation'
        AND deprivation.measure = 'average_score'
    JOIN tidy.rural_urban AS rural_urban
        ON rural_urban.registry_code = council.registry_code
        AND rural_urban.measure IN ('rural', 'highly_rural')
    WHERE council.tier <> 'lower'
    GROUP BY ALL
),
standard AS (
    SELECT
        areacd, end_date,
        (older - avg(older) OVER ()) / stddev_samp(older) OVER () AS older,
        (people - avg(people) OVER ()) / stddev_samp(people) OVER () AS people,
        (deprivation - avg(deprivation) OVER ()) / stddev_samp(deprivation) OVER () AS deprivation,
        (rural - avg(rural) OVER ()) / stddev_samp(rural) OVER () AS rural
    FROM likeness
),
pair AS (
    SELECT
        mine.areacd,
        other.areacd AS comparator,
        row_number() OVER (
            PARTITION BY mine.areacd
            ORDER BY (mine.older - other.older) ** 2 + (mine.people - other.people) ** 2
                + (mine.deprivation - other.deprivation) ** 2 + (mine.rural - other.rural) ** 2,
                other.areacd
        ) AS place
    FROM standard AS mine
    -- A council of today is held against none that has ended: it has figures for no later year.
    JOIN standard AS other
        ON other.areacd <> mine.areacd AND (mine.end_date IS NOT NULL OR other.end_date IS NULL)
),
nearest AS (
    SELECT areacd, string_agg(comparator, ',' ORDER BY place) AS comparators
    FROM pair
    WHERE place <= 5
    GROUP BY ALL
)
SELECT
    council.areacd,
    council.areanm,
    council.tier,
    council.council_type AS council_class,
    coalesce(council.region, successor.region) AS region,
    county.areacd AS county_areacd,
    council.start_date,
    council.end_date,
    predecessor.predecessors,
    successor.successors,
    council.former_areacds AS former_codes,
    nearest.comparators
FROM council
LEFT JOIN council AS county ON county.registry_code = council.county_registry_code
LEFT JOIN predecessor ON predecessor.registry_code = council.registry_code
LEFT JOIN successor ON successor.registry_code = council.registry_code
LEFT JOIN nearest ON nearest.areacd = council.areacd
