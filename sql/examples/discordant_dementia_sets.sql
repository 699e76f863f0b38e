-- In which counties did some districts do well on dementia while their neighbours did not, and was
-- leadership different there?
-- One row a county and year of the panel of districts: the districts in the top third, and the mean
-- leadership of those and of the others, with its interval.
-- Caution: leadership is carried from the trusts that residents use, so neighbours that share a trust
-- hardly differ in it. A single set shows nothing; the test of all together is in
-- evidence.within_effect.
-- grain: spec_id, authority, year
-- column spec_id: panel in the framework
-- column authority: ONS code of the county
-- column authority_name: its name
-- column year: year of the predictors
-- column n_localities: districts
-- column n_adopters: districts in the top third of the year's outcome
-- column adopters: their ONS codes
-- column diff: mean leadership of these less that of the others, standard deviations
-- column ci_low: lower end of its interval
-- column ci_high: upper end of its interval
-- column exploratory: why the result is exploratory; empty where it is confirmatory
SELECT
    one.spec_id,
    one.authority,
    place.areanm AS authority_name,
    one.year,
    one.n_localities,
    one.n_adopters,
    one.adopters,
    one.diff,
    one.ci_low,
    one.ci_high,
    one.exploratory
FROM evidence.discordant_sets AS one
LEFT JOIN locality.place AS place ON place.areacd = one.authority
WHERE one.outcome = 'dementia_diagnosis_rate'
ORDER BY one.diff DESC
