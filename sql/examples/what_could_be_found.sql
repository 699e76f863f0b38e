-- How strong a link could each panel have found?
-- By true strength in simulations: how often the rule says supported, not supported or inconclusive.
-- Caution: simulated on the panel's own design, with its own gaps; a null from a panel that finds
-- little says little.
-- grain: spec_id, part, composition, true_effect
-- column spec_id: panel in the framework
-- column part: between authorities or within them
-- column composition: how indicators became blocks
-- column true_effect: true lead (between) or true share of differences explained (within)
-- column p_supported: share of simulations in which the rule says supported
-- column p_not_supported: share in which it says not supported
-- column p_inconclusive: share in which it says inconclusive
-- column mde80: smallest effect found in most simulated cases; empty if beyond those simulated
SELECT
    spec_id, part, composition, true_effect, p_supported, p_not_supported, p_inconclusive, mde80
FROM evidence.power
ORDER BY ALL
