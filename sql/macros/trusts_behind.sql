-- trusts_behind(wanted): the acute trusts that stand for a council in values carried from trusts,
-- with their weights: what a council's leadership as staff see it is made of. The council by its
-- code or whole name; an error where there is none such.
-- grain: areacd, vintage, trust
-- column areacd: ONS code of the council
-- column areanm: its name
-- column vintage: year whose councils the weights are for; 2018 serves the years before it
-- column trust_rank: 1 for the trust with the largest weight
-- column trust: ODS code of the acute trust in 2022
-- column trust_name: its name in the latest register that has it
-- column weight: share of the council's care that the trust stands for
-- column patient_share: share of the trust's patients who live in the council
CREATE MACRO trusts_behind(wanted) AS TABLE
SELECT
    link.areacd,
    place.areanm,
    link.vintage,
    link.rank AS trust_rank,
    link.trust,
    named.trust_name,
    link.weight,
    link.patient_share
FROM locality.trust_place AS link
JOIN locality.place AS place USING (areacd)
LEFT JOIN (
    SELECT org_code, arg_max(org_name, vintage) AS trust_name
    FROM tidy.trust_register
    GROUP BY org_code
) AS named ON named.org_code = link.trust
WHERE link.areacd IN (SELECT asked.areacd FROM the_council(wanted) AS asked)
ORDER BY link.areacd, link.vintage, link.rank
