-- Councils that share ground, under every code they carry or carried: which share of the one's
-- people lives in the other. A county and its districts share ground; so do a council and those
-- that replaced it, and one council under two codes.
-- grain: areacd_from, areacd_to
-- column areacd_from: ONS code of the one council, current or former
-- column areacd_to: ONS code of the other
-- column share_of_from: share of the one's people who live in the other, empty where a piece has no
--   population
-- column share_of_to: share of the other's people who live in the one
-- column weight_basis: what the shares are counted in
WITH whole AS (
    SELECT areacd, CASE WHEN count(persons) = count(*) THEN sum(persons) END AS persons
    FROM locality.council_piece
    GROUP BY ALL
),
shared AS (
    SELECT
        one.areacd AS one,
        other.areacd AS other,
        CASE WHEN count(one.persons) = count(*) THEN sum(one.persons) END AS persons
    FROM locality.council_piece AS one
    JOIN locality.council_piece AS other ON other.piece = one.piece
    GROUP BY ALL
)
SELECT
    code.code AS areacd_from,
    other_code.code AS areacd_to,
    shared.persons / whole.persons AS share_of_from,
    shared.persons / other_whole.persons AS share_of_to,
    'persons, mid-2017' AS weight_basis
FROM shared
JOIN whole ON whole.areacd = shared.one
JOIN whole AS other_whole ON other_whole.areacd = shared.other
JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.areacd = shared.one
JOIN locality.council_code AS other_code
    ON other_code.kind = 'areacd'
    AND other_code.areacd = shared.other
    AND other_code.code <> code.code
