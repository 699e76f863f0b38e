-- Which councils' delayed transfers fell most, and how sure is each fall?
-- A line through each council's yearly rate, with the standard error of its slope, steepest fall
-- first.
-- Caution: a few years of counts that swing; a fall of less than two standard errors is within what
-- the swings alone would give, and the first of many councils is partly first by chance. Estimates
-- for councils of another date (e) are left out.
-- grain: areacd
-- column areacd: ONS code of the council
-- column areanm: its name
-- column years: years with a value
-- column first_year: first of them
-- column last_year: last of them
-- column first_rate: delayed days per 100,000 adults in the first year
-- column last_rate: the same in the last year
-- column slope: change a year
-- column slope_se: standard error of that change
-- column sure: whether the fall is more than two standard errors
SELECT
    areacd,
    any_value(place.areanm) AS areanm,
    count(*) AS years,
    min(year) AS first_year,
    max(year) AS last_year,
    arg_min(value, year) AS first_rate,
    arg_max(value, year) AS last_rate,
    regr_slope(value, year) AS slope,
    sqrt(
        greatest(regr_syy(value, year) - regr_slope(value, year) * regr_sxy(value, year), 0)
        / (count(*) - 2)
        / regr_sxx(value, year)
    ) AS slope_se,
    slope < -2 * slope_se AS sure
FROM locality.indicator_place
JOIN locality.place AS place USING (areacd)
WHERE indicator = 'delayed_days_rate' AND status <> 'e' AND value IS NOT NULL
GROUP BY areacd
HAVING count(*) >= 5
ORDER BY slope
