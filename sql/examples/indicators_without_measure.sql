-- Which indicators could a panel not use, and why?
-- One row a panel and indicator that is declared and not used.
-- Caution: a block without any measure is a hole in the test, not evidence that it does not matter.
-- grain: spec_id, indicator
-- column spec_id: panel in the framework
-- column block: block of the framework
-- column words: words of the claim that the indicator stands for
-- column indicator: name in the framework
-- column title: what it measures
-- column measured_share: share of the panel's rows that it is measured on
-- column why_not: why it was not used
SELECT spec_id, block, words, indicator, title, measured_share, why_not
FROM meta.construct_coverage
WHERE NOT used
ORDER BY spec_id, block, measured_share DESC
