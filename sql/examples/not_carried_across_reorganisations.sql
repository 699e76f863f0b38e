-- Which councils have no value because boundaries changed, and why?
-- Councils and indicators that could not be carried between councils of different dates, or only in
-- part.
-- Caution: what stands here is missing from the wide tables too; it is never filled with a guess.
-- grain: areacd, indicator, reason
-- column areacd: ONS code of the council
-- column areanm: its name
-- column indicator: name in the framework
-- column reason: why
-- column first_year: first financial year this holds of
-- column last_year: last one
-- column existed: years of these in which the council existed
-- column coverage: least share of its people on whose ground a value was observed
SELECT areacd, areanm, indicator, reason, first_year, last_year, existed, coverage
FROM locality.not_carried
ORDER BY areacd, indicator, reason
