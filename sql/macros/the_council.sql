-- the_council(wanted): the council with that code or whole name, for other macros to ask for; an
-- error where there is none. Two have one name where one replaced the other.
-- grain: areacd
-- column areacd: ONS code of the council
CREATE MACRO the_council(wanted) AS TABLE
SELECT unnest(coalesce(
    list(one.areacd),
    error(concat(
        'no council has the code or whole name ''', wanted,
        '''; find it by a part of its name: FROM council(''part'')'
    ))
)) AS areacd
FROM council(wanted) AS one
WHERE one.whole
