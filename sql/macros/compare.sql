-- compare(wanted, measure): one indicator of a council with social care and of the five councils
-- most like it, year by year. The council by its code or whole name; an error where there is none
-- such. A council without social care has no such five, and no rows; nor has one that had ended when
-- rural shares were published (Bournemouth, for example): see comparators in locality.place.
-- grain: areacd, year, peer_rank, peer_areacd
-- column areacd: ONS code of the council that was asked for
-- column peer_rank: 0 for the council itself, 1 for the most similar one, 5 for the fifth
-- column peer_areacd: ONS code of the council that the row is about
-- column peer_areanm: its name
-- column year: financial year by the year it starts in
-- column reference_year: year that the figure was published for: earlier than year where it stands for
--   years after its own; see locality.indicator_place
-- column value: its value, empty where its status says so
-- column status: what stands behind it; empty where there is no row
-- column coverage: share of it that was really observed (carried values only)
CREATE MACRO compare(wanted, measure) AS TABLE
WITH own AS (
    SELECT * FROM main.peers
    WHERE indicator IN (SELECT asked.indicator FROM the_indicator(measure) AS asked)
        AND areacd IN (SELECT asked.areacd FROM the_council(wanted) AS asked)
)
SELECT DISTINCT
    areacd, 0 AS peer_rank, areacd AS peer_areacd, areanm AS peer_areanm,
    year, reference_year, value, status, coverage
FROM own
UNION ALL
SELECT
    areacd, peer_rank, peer_areacd, peer_areanm, year, peer_reference_year, peer_value, peer_status,
    peer_coverage
FROM own
ORDER BY ALL
