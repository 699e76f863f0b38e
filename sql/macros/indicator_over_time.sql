-- indicator_over_time(wanted, measure): one indicator of one council, year by year, beside the
-- middle of all councils with social care that have a value. The council by its code or whole name;
-- an error where there is none such.
-- grain: areacd, year
-- column areacd: ONS code of the council
-- column areanm: its name
-- column year: financial year by the year it starts in
-- column reference_year: year that the figure was published for: earlier than year where it stands for
--   years after its own (meta.indicator.stands); empty without a value, and where it is of no year
-- column value: the value, empty where the status says so
-- column status: what stands behind it; see meta.dictionary
-- column coverage: share of it that was really observed (carried values only)
-- column median: median of the councils with social care that were measured that year (carried from
--   councils of another date, e, not counted: the same ground would count twice)
-- column councils: how many they are
CREATE MACRO indicator_over_time(wanted, measure) AS TABLE
WITH other AS (
    SELECT them.year, median(them.value) AS median, count(them.value) AS councils
    FROM locality.indicator_place AS them
    JOIN locality.place AS place USING (areacd)
    WHERE them.indicator IN (SELECT asked.indicator FROM the_indicator(measure) AS asked)
        AND them.status <> 'e' AND place.tier <> 'lower'
    GROUP BY them.year
)
SELECT
    own.areacd,
    place.areanm,
    own.year,
    own.reference_year,
    own.value,
    own.status,
    own.coverage,
    other.median,
    coalesce(other.councils, 0) AS councils
FROM locality.indicator_place AS own
JOIN locality.place AS place USING (areacd)
LEFT JOIN other USING (year)
WHERE own.indicator IN (SELECT asked.indicator FROM the_indicator(measure) AS asked)
    AND own.areacd IN (SELECT asked.areacd FROM the_council(wanted) AS asked)
ORDER BY own.areacd, own.year
