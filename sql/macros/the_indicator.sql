-- the_indicator(measure): the indicator of that name, for other macros to ask for; an error where
-- there is none.
-- grain: indicator
-- column indicator: name in the framework; see meta.indicator
CREATE MACRO the_indicator(measure) AS TABLE
SELECT unnest(coalesce(
    list(one.name),
    error(concat('no indicator has the name ''', measure, '''; all of them: FROM meta.indicator'))
)) AS indicator
FROM meta.indicator AS one
WHERE one.name = lower(trim(measure))
