-- How much did a later release change what was first published?
-- By source and pair of releases: figures changed, added and gone, and the typical and largest
-- change.
-- Caution: only periods of which two releases are held can show a revision; for most sources one is.
-- grain: source, from_release, to_release
-- column source: name of the source
-- column from_release: earlier release
-- column to_release: later release
-- column changed: figures that changed
-- column added: figures that were added
-- column gone: figures that are not there any more
-- column councils: councils with a changed figure
-- column median_change: median change, as a share of the earlier figure
-- column largest_change: largest change either way, as a share of the earlier figure
SELECT
    source,
    from_release,
    to_release,
    count(*) FILTER (kind = 'changed') AS changed,
    count(*) FILTER (kind = 'added') AS added,
    count(*) FILTER (kind = 'gone') AS gone,
    count(DISTINCT areacd) FILTER (kind = 'changed') AS councils,
    median(change / nullif(before, 0)) AS median_change,
    max(abs(change / nullif(before, 0))) AS largest_change
FROM meta.revision
GROUP BY ALL
ORDER BY changed DESC
