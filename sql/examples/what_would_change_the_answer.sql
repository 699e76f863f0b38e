-- Which other defensible choices would change the answer?
-- Checks of each panel that do not say what its own estimate says, and checks that could not be made.
-- Caution: with many checks a few fail by chance; read them by kind. A check that was not possible is
-- not a check passed.
-- grain: spec_id, part, kind, detail
-- column spec_id: panel in the framework
-- column part: between authorities or within them
-- column kind: kind of check
-- column detail: what was chosen instead
-- column estimate: the estimate then
-- column ci_low: lower end of its interval
-- column ci_high: upper end of its interval
-- column passes: false where it says something else; empty where it could not be made
-- column why_not: why it could not be made
SELECT spec_id, part, kind, detail, estimate, ci_low, ci_high, passes, why_not
FROM evidence.robustness
WHERE passes IS NOT true AND (passes IS NOT NULL OR why_not IS NOT NULL)
ORDER BY spec_id, part, kind, detail
