-- How is leadership seen at each acute trust, against the other acute trusts of its year?
-- The newest year of each measure: the trust's value, the middle half of all trusts, and how far the
-- sampling of staff alone could move it.
-- Caution: staff see it, in one survey; trusts are not adjusted for what they do or for whom. Where
-- the interval reaches the median, the trust cannot be told from the middle one.
-- grain: trust, indicator
-- column trust: ODS code of the acute trust in 2022
-- column trust_name: its name in the latest register that has it
-- column indicator: name in the framework
-- column title: what it measures
-- column year: year of the survey
-- column value: the trust's value
-- column ci_low: lower end of its 95% interval from sampling staff; empty where that is not known
-- column ci_high: upper end
-- column quartile_1: a quarter of the trusts lie below
-- column median: half of the trusts lie below
-- column quartile_3: three quarters lie below
-- column trusts: trusts with a value that year
WITH newest AS (
    SELECT measured.*, declared.title
    FROM locality.trust_indicator AS measured
    JOIN meta.indicator AS declared ON declared.name = measured.indicator
    WHERE declared.block = 'leadership' AND measured.value IS NOT NULL
    QUALIFY measured.year = max(measured.year) OVER (PARTITION BY measured.indicator)
),
everyone AS (
    SELECT
        indicator,
        quantile_cont(value, 0.25) AS quartile_1,
        median(value) AS median,
        quantile_cont(value, 0.75) AS quartile_3,
        count(*) AS trusts
    FROM newest
    GROUP BY indicator
),
named AS (
    SELECT org_code, arg_max(org_name, vintage) AS trust_name
    FROM tidy.trust_register
    GROUP BY org_code
)
SELECT
    newest.trust,
    named.trust_name,
    newest.indicator,
    newest.title,
    newest.year,
    newest.value,
    newest.value - 1.96 * sqrt(newest.sampling_variance) AS ci_low,
    newest.value + 1.96 * sqrt(newest.sampling_variance) AS ci_high,
    everyone.quartile_1,
    everyone.median,
    everyone.quartile_3,
    everyone.trusts
FROM newest
JOIN everyone USING (indicator)
LEFT JOIN named ON named.org_code = newest.trust
ORDER BY newest.indicator, newest.value DESC
