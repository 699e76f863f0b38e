-- People of 65 and over on a dementia register as a share of those estimated to have dementia, by
-- council and month. The estimates come with names only, which the registers' own file explains.
-- grain: areacd, month
-- column areacd: ONS code of the district, unitary or county
-- column month: first day of the month
-- column year: financial year by the year it starts in
-- column registered: people on the register
-- column estimated: people estimated to have dementia
-- column value: percent of the estimate that is on the register
-- column status: what stands behind the value
WITH named AS (
    SELECT DISTINCT areanm, level, areacd FROM tidy.dementia_register WHERE area_type = 'council'
),
wide AS (
    SELECT
        areanm,
        level,
        month,
        year,
        sum(value) FILTER (measure = 'dementia_register_aged_65_plus') AS registered,
        sum(value) FILTER (measure = 'dementia_estimate_aged_65_plus') AS estimated,
        max(status) FILTER (value IS NULL) AS missing
    FROM tidy.dementia_estimates
    WHERE level IN ('district', 'upper_tier')
    GROUP BY ALL
)
SELECT
    code.areacd,
    wide.month,
    wide.year,
    wide.registered,
    wide.estimated,
    100 * wide.registered / nullif(wide.estimated, 0) AS value,
    CASE WHEN wide.registered IS NULL OR wide.estimated IS NULL THEN coalesce(wide.missing, 'x')
        ELSE 'ok' END AS status
FROM wide
JOIN named ON named.areanm = wide.areanm AND named.level = wide.level
JOIN locality.council_code AS code ON code.kind = 'areacd' AND code.code = named.areacd
-- Unitaries stand in both lists.
QUALIFY row_number() OVER (PARTITION BY code.areacd, wide.month ORDER BY wide.level) = 1
