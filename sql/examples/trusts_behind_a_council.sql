-- Which acute trusts stand behind a council's leadership value?
-- The trusts by weight for the newest councils' vintage. Put a code or name of your own in place of
-- the subquery: FROM trusts_behind('Notionton').
-- Caution: weights come from where a trust's patients live, not from where a council's residents go.
-- grain: vintage, trust
-- column areanm: name of the council
-- column vintage: year whose councils the weights are for
-- column trust_rank: 1 for the trust with the largest weight
-- column trust: ODS code of the acute trust in 2022
-- column trust_name: its name
-- column weight: share of the council's care that it stands for
-- column cumulated: share of it and of all larger ones
SELECT
    areanm,
    vintage,
    trust_rank,
    trust,
    trust_name,
    weight,
    sum(weight) OVER (PARTITION BY vintage ORDER BY trust_rank) AS cumulated
FROM trusts_behind((SELECT min(areacd) FROM locality.place WHERE comparators IS NOT NULL))
QUALIFY vintage = max(vintage) OVER ()
ORDER BY trust_rank
