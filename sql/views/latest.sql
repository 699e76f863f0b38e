-- The newest value of every indicator for every council, as known today: measured there, or carried
-- from trusts or from councils of another date, with the share that was really observed.
-- grain: areacd, indicator
-- column areacd: ONS code of the council
-- column areanm: its name
-- column indicator: name in the framework; see meta.indicator
-- column title: what it measures
-- column block: block of the framework
-- column unit: unit, where the framework states one
-- column polarity: 1 where more is better, -1 where less is
-- column year: financial year of the value, by the year it starts in
-- column reference_year: year that the figure was published for: earlier than year where it stands for
--   years after its own (meta.indicator.stands); empty where it is of no year (meta.indicator.static)
-- column newest_year: newest year in which any council has a value
-- column value: the value
-- column status: what stands behind it; see meta.dictionary
-- column coverage: share of it that was really observed (carried values only)
-- column n_effective: effective number of trusts behind it (carried values only)
SELECT
    measured.areacd,
    place.areanm,
    measured.indicator,
    declared.title,
    declared.block,
    declared.unit,
    declared.polarity,
    measured.year,
    measured.reference_year,
    max(measured.year) OVER (PARTITION BY measured.indicator) AS newest_year,
    measured.value,
    measured.status,
    measured.coverage,
    measured.n_effective
FROM locality.indicator_place AS measured
JOIN locality.place AS place USING (areacd)
JOIN meta.indicator AS declared ON declared.name = measured.indicator
WHERE measured.value IS NOT NULL
QUALIFY measured.year = max(measured.year) OVER (PARTITION BY measured.areacd, measured.indicator)
