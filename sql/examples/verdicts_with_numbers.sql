-- What was found in each panel, with the numbers behind it?
-- The verdict of each panel and part, the lead of leadership's side over plans' side with its interval
-- for both ways of composing the blocks, and the smallest lead that the panel would have found.
-- Caution: association and prediction, never cause. Rows with a reason under exploratory were looked at
-- before the rule was registered.
-- grain: spec_id, part
-- column spec_id: panel in the framework
-- column part: between authorities, within them, or overall
-- column verdict: supported, not supported or inconclusive
-- column exploratory: why the result is exploratory; empty where it is confirmatory
-- column delta: lead in explained variance, one average a block (between only)
-- column ci_low: lower end of its interval
-- column ci_high: upper end of its interval
-- column delta_ridge: the same with every indicator under ridge
-- column ci_low_ridge: lower end of its interval
-- column ci_high_ridge: upper end of its interval
-- column mde80: smallest effect found in most simulated cases; empty if beyond those simulated
-- column sentence: the verdict in plain words
WITH lead AS (
    SELECT spec_id, composition, estimate, ci_low, ci_high
    FROM evidence.block_contrast
    WHERE estimand = 'delta' AND headline
)
SELECT
    said.spec_id,
    said.part,
    any_value(said.verdict) AS verdict,
    any_value(said.exploratory) AS exploratory,
    any_value(composite.estimate) AS delta,
    any_value(composite.ci_low) AS ci_low,
    any_value(composite.ci_high) AS ci_high,
    any_value(ridge.estimate) AS delta_ridge,
    any_value(ridge.ci_low) AS ci_low_ridge,
    any_value(ridge.ci_high) AS ci_high_ridge,
    max(said.mde80) AS mde80,
    any_value(said.sentence) AS sentence
FROM evidence.verdict AS said
LEFT JOIN lead AS composite
    ON composite.spec_id = said.spec_id
    AND said.part = 'between'
    AND composite.composition = 'composite'
LEFT JOIN lead AS ridge
    ON ridge.spec_id = said.spec_id
    AND said.part = 'between'
    AND ridge.composition = 'indicators'
WHERE said.composition = 'both'
GROUP BY said.spec_id, said.part
ORDER BY said.spec_id, said.part
