-- Councils and indicators that could not be carried between the boundaries of different dates, or
-- only in part, and why. Years in which the council did not exist are listed only where there was
-- something to carry.
-- grain: areacd, indicator, reason
-- column areacd: ONS code of the council that stays without a value
-- column areanm: its name
-- column indicator: name in the framework
-- column reason: why, in words
-- column first_year: first financial year that this holds of
-- column last_year: last one
-- column years: how many
-- column existed: how many of them the council existed in
-- column coverage: least share of its people on whose ground a value was observed
SELECT
    carried.areacd,
    any_value(place.areanm) AS areanm,
    carried.indicator,
    coalesce(
        carried.reason,
        'observed on a part of its ground only: used where that reaches the least allowed'
    ) AS reason,
    min(carried.year) AS first_year,
    max(carried.year) AS last_year,
    count(*) AS years,
    count(*) FILTER (carried.existed) AS existed,
    min(carried.coverage) AS coverage
FROM locality.indicator_carried AS carried
JOIN locality.place AS place ON place.areacd = carried.areacd
WHERE carried.reason IS NOT NULL OR carried.coverage < 1 - 1e-9
GROUP BY carried.areacd, carried.indicator, carried.reason
