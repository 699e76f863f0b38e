-- Every council with social care beside the five councils most like it in need, age, rurality and
-- size (its comparators), indicator by indicator and year by year.
-- grain: areacd, peer_rank, indicator, year
-- column areacd: ONS code of the council
-- column areanm: its name
-- column peer_rank: 1 for the most similar council, 5 for the fifth
-- column peer_areacd: ONS code of the similar council
-- column peer_areanm: its name
-- column indicator: name in the framework; see meta.indicator
-- column year: financial year by the year it starts in
-- column reference_year: year that the council's figure was published for: earlier than year where it
--   stands for years after its own; see locality.indicator_place
-- column value: the council's value, empty where its status says so
-- column status: what stands behind it; see meta.dictionary
-- column coverage: share of it that was really observed (carried values only)
-- column peer_reference_year: year that the similar council's figure was published for
-- column peer_value: the similar council's value
-- column peer_status: what stands behind that; empty where there is no row
-- column peer_coverage: share of that which was really observed
WITH pair AS (
    SELECT
        areacd,
        areanm,
        unnest(string_split(comparators, ',')) AS peer_areacd,
        generate_subscripts(string_split(comparators, ','), 1) AS peer_rank
    FROM locality.place
    WHERE comparators IS NOT NULL
)
SELECT
    pair.areacd,
    pair.areanm,
    pair.peer_rank,
    pair.peer_areacd,
    other.areanm AS peer_areanm,
    own.indicator,
    own.year,
    own.reference_year,
    own.value,
    own.status,
    own.coverage,
    theirs.reference_year AS peer_reference_year,
    theirs.value AS peer_value,
    theirs.status AS peer_status,
    theirs.coverage AS peer_coverage
FROM pair
JOIN locality.place AS other ON other.areacd = pair.peer_areacd
JOIN locality.indicator_place AS own ON own.areacd = pair.areacd
LEFT JOIN locality.indicator_place AS theirs
    ON theirs.areacd = pair.peer_areacd
    AND theirs.indicator = own.indicator
    AND theirs.year = own.year
