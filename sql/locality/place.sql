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
--   of a council of today those of today, by people of 2020 and deprivation of 2025; of one that has
--   ended any, by people and deprivation of 2015; empty for a district, which has no social care, and
--   for a council that had ended when rural shares were published
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
rural AS (
    SELECT registry_code, sum(value) AS share
    FROM tidy.rural_urban
    WHERE measure IN ('rural', 'highly_rural')
    GROUP BY ALL
),
scored AS (
    SELECT code.areacd, score.value
    FROM tidy.deprivation_2025 AS score
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = score.areacd
    WHERE score.domain = 'index_of_multiple_deprivation' AND score.measure = 'average_score'
),
-- What was published for its parts alone, a council of today has by their people: a county the
-- deprivation of its districts, and one founded since the rural shares those of what it replaced.
deprivation_of_today AS (
    SELECT coalesce(county.areacd, part.areacd) AS areacd,
        sum(scored.value * population.persons) / sum(population.persons) AS score
    FROM council AS part
    LEFT JOIN council AS county ON county.registry_code = part.county_registry_code
    LEFT JOIN scored ON scored.areacd = part.areacd
    LEFT JOIN locality.population AS population
        ON population.areacd = part.areacd AND population.year = 2020
    WHERE part.tier <> 'upper' AND part.end_date IS NULL
    GROUP BY ALL
    HAVING count(scored.value) = count(*) AND count(population.persons) = count(*)
),
rural_of_parts AS (
    SELECT replaced.successor AS registry_code,
        sum(rural.share * population.persons) / sum(population.persons) AS share
    FROM replaced
    JOIN council AS part ON part.areacd = replaced.areacd AND part.tier <> 'upper'
    LEFT JOIN rural ON rural.registry_code = part.registry_code
    LEFT JOIN locality.population AS population
        ON population.areacd = part.areacd AND population.year = 2020
    GROUP BY ALL
    HAVING count(rural.share) = count(*) AND count(population.persons) = count(*)
),
likeness AS (
    SELECT
        FALSE AS ended,
        2020 AS people_of,
        council.areacd,
        population.aged_65_plus / population.persons AS older,
        ln(population.persons) AS people,
        deprivation.score AS deprivation,
        coalesce(rural.share, rural_of_parts.share) AS rural
    FROM council
    JOIN locality.population AS population
        ON population.areacd = council.areacd AND population.year = 2020
    JOIN deprivation_of_today AS deprivation ON deprivation.areacd = council.areacd
    LEFT JOIN rural ON rural.registry_code = council.registry_code
    LEFT JOIN rural_of_parts ON rural_of_parts.registry_code = council.registry_code
    WHERE council.tier <> 'lower' AND council.end_date IS NULL
        AND coalesce(rural.share, rural_of_parts.share) IS NOT NULL
    UNION ALL
    SELECT
        council.end_date IS NOT NULL,
        2015,
        council.areacd,
        population.aged_65_plus / population.persons,
        ln(population.persons),
        deprivation.value,
        rural.share
    FROM council
    JOIN locality.population AS population
        ON population.areacd = council.areacd AND population.year = 2015
    JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.areacd = council.areacd
    JOIN tidy.deprivation_2015 AS deprivation
        ON deprivation.areacd = code.code
        AND deprivation.domain = 'index_of_multiple_deprivation'
        AND deprivation.measure = 'average_score'
    JOIN rural ON rural.registry_code = council.registry_code
    WHERE council.tier <> 'lower'
),
standard AS (
    SELECT
        people_of, areacd, ended,
        (older - avg(older) OVER each_of) / stddev_samp(older) OVER each_of AS older,
        (people - avg(people) OVER each_of) / stddev_samp(people) OVER each_of AS people,
        (deprivation - avg(deprivation) OVER each_of) / stddev_samp(deprivation) OVER each_of
            AS deprivation,
        (rural - avg(rural) OVER each_of) / stddev_samp(rural) OVER each_of AS rural
    FROM likeness
    WINDOW each_of AS (PARTITION BY people_of)
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
    JOIN standard AS other ON other.people_of = mine.people_of AND other.areacd <> mine.areacd
    WHERE mine.ended = (mine.people_of = 2015)
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
