-- Which published figures were corrected, from what to what, and in how many rows?
-- Every source, with its corrections; sources without one have an empty row.
-- Caution: a correction is a judgement; its reason and evidence stand beside it. Generated data have
-- none.
-- grain: source, matches, column
-- column source: name of the source
-- column title: what it is
-- column matches: which rows were corrected; empty where none was
-- column column: column that was wrong
-- column published: what was published
-- column corrected: what stands in the tables instead
-- column rows: rows changed; 0 where nothing was corrected
-- column why: what was wrong
-- column evidence: how that is known
SELECT
    listed.source,
    listed.title,
    made.matches,
    made."column",
    made.published,
    made.corrected,
    coalesce(made."rows", 0) AS "rows",
    made.why,
    made.evidence
FROM meta.source AS listed
LEFT JOIN meta.correction AS made USING (source)
ORDER BY made.source IS NULL, listed.source, made.matches
