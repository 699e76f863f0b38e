-- Which published columns is a council's rate of delayed days made of, through which tables?
-- One row a step from a column to one that it is made of, down to the published files.
-- Caution: what only joins or chooses rows is not listed.
-- grain: depth, made, of
-- column depth: steps from the value that was asked about
-- column made: table and column that is made
-- column of: table and column that it is made of; raw for published files
WITH RECURSIVE step AS (
    SELECT 1 AS depth, link.*
    FROM meta.lineage AS link
    WHERE link.layer = 'locality' AND link."table" = 'authority_year'
        AND link."column" = 'delayed_days_rate'
    UNION
    SELECT step.depth + 1, link.*
    FROM step
    JOIN meta.lineage AS link
        ON link.layer = step.input_layer AND link."table" = step.input_table
        AND link."column" = step.input_column
        AND link.indicator IN ('', 'delayed_days_rate')
    WHERE step.depth < 20
)
SELECT DISTINCT
    min(depth) AS depth,
    layer || '.' || "table" || '.' || "column" AS made,
    rtrim(input_layer || '.' || input_table || '.' || input_column, '.') AS of
FROM step
GROUP BY ALL
ORDER BY depth, made, of
