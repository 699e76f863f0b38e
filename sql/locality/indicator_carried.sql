-- Values of councils for which a year was not published under their code, because it was published
-- on the boundaries of another date: carried from the councils that lie on the same ground and never
-- existed beside them, by the people of mid-2017. A value that was published, or suppressed, under
-- the council's own code is never replaced. Rows that could not be carried stand here with the
-- reason.
-- Each piece of ground takes the smallest council that has a row. Counts, and the two sides of a
-- rate, are summed before they are divided; they pass between councils with the same services only
-- (districts to districts, others to others). Other values are means weighted by people.
-- grain: areacd, year, indicator
-- column areacd: ONS code of the council that has no value of its own
-- column year: financial year by the year it starts in
-- column indicator: name in the framework
-- column value: carried value, empty where there is a reason
-- column status: e where it was carried; c where a part is suppressed, x where there is none
-- column coverage: share of the council's people on whose ground a value was observed
-- column share_inside: share of the people of the councils it comes from who live in this one: 1
--   where they lie inside it, less where it is taken to be like a larger council that it is part of
-- column reference_year: year that the figures it is made of were published for, the earliest of them;
--   see locality.indicator_council
-- column carried_from: ONS codes of the councils it comes from, with commas
-- column existed: whether the council existed at the start of the year
-- column reason: why it could not be carried
WITH council AS (
    SELECT
        areacd,
        tier,
        predecessors IS NOT NULL OR successors IS NOT NULL AS reorganised,
        coalesce(start_date, DATE '0001-01-01') AS start_date,
        -- Some registers give the day after the last one.
        coalesce(end_date, DATE '9999-12-31') AS end_date
    FROM locality.place
),
whole AS (
    SELECT areacd, CASE WHEN count(persons) = count(*) THEN sum(persons) END AS persons
    FROM locality.council_piece
    GROUP BY ALL
),
pair AS (
    SELECT
        target.areacd,
        source.areacd AS source,
        (target.tier = 'lower') = (source.tier = 'lower') AS same_services
    FROM locality.council_overlap AS overlap
    JOIN council AS target ON target.areacd = overlap.areacd_to
    JOIN council AS source ON source.areacd = overlap.areacd_from
    WHERE source.start_date >= target.end_date OR target.start_date >= source.end_date
),
published_for AS (
    SELECT DISTINCT measured.indicator, council.tier
    FROM locality.indicator_council AS measured
    JOIN council ON council.areacd = measured.areacd
),
wanted AS (
    SELECT
        council.areacd,
        period.*,
        council.start_date <= make_date(period.year, 4, 1)
            AND council.end_date > make_date(period.year, 4, 1) AS existed
    FROM council
    CROSS JOIN (
        SELECT DISTINCT indicator, year, carried_as FROM locality.indicator_council
    ) AS period
    LEFT JOIN published_for
        ON published_for.indicator = period.indicator AND published_for.tier = council.tier
    ANTI JOIN locality.indicator_council AS own
        ON own.areacd = council.areacd
        AND own.indicator = period.indicator
        AND own.year = period.year
    WHERE (council.reorganised OR council.areacd IN (SELECT areacd FROM pair))
        AND (council.tier = 'unitary' OR published_for.tier IS NOT NULL)
),
piece AS (
    SELECT
        wanted.areacd,
        wanted.indicator,
        wanted.year,
        ground.persons,
        pair.source,
        source_whole.persons AS source_persons,
        measured.value,
        measured.numerator,
        measured.denominator,
        measured.status,
        measured.reference_year
    FROM wanted
    JOIN pair ON pair.areacd = wanted.areacd
    JOIN locality.indicator_council AS measured
        ON measured.areacd = pair.source
        AND measured.indicator = wanted.indicator
        AND measured.year = wanted.year
    JOIN locality.council_piece AS ground ON ground.areacd = wanted.areacd
    JOIN locality.council_piece AS other
        ON other.areacd = pair.source AND other.piece = ground.piece
    JOIN whole AS source_whole ON source_whole.areacd = pair.source
    WHERE wanted.carried_as = 'mean' OR pair.same_services
    QUALIFY row_number() OVER (
        PARTITION BY wanted.areacd, wanted.indicator, wanted.year, ground.piece
        ORDER BY source_whole.persons, pair.source
    ) = 1
),
part AS (
    SELECT * EXCLUDE (persons), sum(persons) AS persons FROM piece
    GROUP BY ALL
),
gathered AS (
    SELECT
        areacd,
        indicator,
        year,
        coalesce(sum(persons) FILTER (value IS NOT NULL), 0) AS observed,
        sum(source_persons) FILTER (value IS NOT NULL) AS source_persons,
        bool_or(source_persons IS NULL) AS uncounted,
        bool_or(value IS NULL AND status IN ('c', 'low')) AS suppressed,
        sum(persons * value) AS weighted,
        sum(persons / source_persons * value) AS summed,
        sum(persons / source_persons * numerator) FILTER (value IS NOT NULL) AS numerator,
        sum(persons / source_persons * denominator) FILTER (value IS NOT NULL) AS denominator,
        min(reference_year) AS reference_year,
        string_agg(source, ',' ORDER BY source) FILTER (value IS NOT NULL) AS carried_from
    FROM part
    GROUP BY ALL
),
judged AS (
    SELECT
        wanted.*,
        gathered.* EXCLUDE (areacd, indicator, year),
        coalesce(gathered.observed, 0) / whole.persons AS coverage,
        CASE
            WHEN wanted.carried_as = 'none' THEN 'declared in the framework as not to be carried'
            WHEN wanted.areacd NOT IN (SELECT areacd FROM pair)
                THEN 'no council of another date is known to share its ground'
            WHEN gathered.areacd IS NULL
                THEN 'no council on its ground that can stand for it has a figure for the year'
            WHEN whole.persons IS NULL OR gathered.uncounted
                THEN 'its ground is divided between councils and has no population to divide it by'
            WHEN gathered.suppressed THEN 'suppressed for a part of its ground'
            WHEN gathered.observed = 0 THEN 'nothing was observed on its ground'
            WHEN wanted.carried_as = 'sum' AND gathered.observed < whole.persons
                THEN 'nothing was observed on a part of its ground, and a sum needs every part'
        END AS reason
    FROM wanted
    LEFT JOIN whole ON whole.areacd = wanted.areacd
    LEFT JOIN gathered
        ON gathered.areacd = wanted.areacd
        AND gathered.indicator = wanted.indicator
        AND gathered.year = wanted.year
    WHERE wanted.existed OR gathered.areacd IS NOT NULL
)
SELECT
    areacd,
    year,
    indicator,
    CASE
        WHEN reason IS NOT NULL THEN NULL
        WHEN carried_as = 'sum' THEN summed
        WHEN carried_as = 'rate' THEN numerator / nullif(denominator, 0)
        ELSE weighted / observed
    END AS value,
    CASE
        WHEN reason IS NULL THEN 'e' WHEN suppressed AND carried_as <> 'none' THEN 'c' ELSE 'x'
    END AS status,
    coverage,
    observed / source_persons AS share_inside,
    CASE WHEN reason IS NULL THEN reference_year END AS reference_year,
    carried_from,
    existed,
    reason
FROM judged
