-- What share of a council's leadership value was really observed?
-- Values carried from trusts: over the councils with social care, the share of the trust weight that
-- was observed and how many trusts effectively stand behind a value, thinnest first.
-- Caution: a value with a low share is mostly that of other places' trusts. The panels leave out what
-- lies below the least share of the framework.
-- grain: areacd, indicator
-- column areacd: ONS code of the council
-- column areanm: its name
-- column indicator: name in the framework
-- column years: years with a value
-- column least_coverage: least observed share over these years
-- column median_coverage: median observed share
-- column n_effective: median effective number of trusts
-- column dominant_trust: trust with the largest weight in the last year
SELECT
    measured.areacd,
    place.areanm,
    measured.indicator,
    count(*) AS years,
    min(measured.coverage) AS least_coverage,
    median(measured.coverage) AS median_coverage,
    median(measured.n_effective) AS n_effective,
    arg_max(wide.dominant_trust, measured.year) AS dominant_trust
FROM locality.indicator_place AS measured
JOIN meta.indicator AS declared ON declared.name = measured.indicator
JOIN locality.place AS place USING (areacd)
LEFT JOIN locality.authority_year AS wide USING (areacd, year)
WHERE declared.block = 'leadership'
    AND declared.level = 'trust'
    AND place.tier <> 'lower'
    AND measured.value IS NOT NULL
GROUP BY ALL
ORDER BY least_coverage, measured.areacd, measured.indicator
