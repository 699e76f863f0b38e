-- The board and the council that most of each acute trust's patients come from: who shares one plan
-- and one budget in the panels of trusts.
-- grain: trust
-- column trust: ODS code of the acute trust in 2022
-- column icb_code: ONS code of the integrated care board
-- column icb_share: share of the trust's patients who live there
-- column council_areacd: ONS code of the council with social care (councils of 2021 and 2022)
-- column council_share: share of the trust's patients who live there
WITH board AS (
    SELECT org_code AS trust, icb_code, value AS icb_share
    FROM tidy.trust_icb_catchment
    QUALIFY row_number() OVER (PARTITION BY org_code ORDER BY value DESC, icb_code) = 1
),
council AS (
    SELECT link.trust, link.areacd AS council_areacd, link.patient_share AS council_share
    FROM locality.trust_place AS link
    JOIN locality.place AS place ON place.areacd = link.areacd AND place.tier <> 'lower'
    -- Before any of them merged.
    WHERE link.vintage = 2021
    QUALIFY row_number()
        OVER (PARTITION BY link.trust ORDER BY link.patient_share DESC, link.areacd) = 1
)
SELECT trust, icb_code, icb_share, council_areacd, council_share
FROM council
LEFT JOIN board USING (trust)
