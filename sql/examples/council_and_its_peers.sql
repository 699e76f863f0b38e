-- How does a council compare with the five most like it, year by year?
-- Delayed days per 100,000 adults; any indicator of meta.indicator will do. Put a code or name of your
-- own in place of the subquery: FROM compare('Notionton', 'delayed_days_rate').
-- Caution: alike in age, deprivation, rurality and size, not in everything. With five councils, first
-- and last are often chance.
-- grain: year, peer_rank
-- column year: financial year by the year it starts in
-- column peer_rank: 0 for the council itself, 1 for the most similar one
-- column peer_areanm: name of the council of the row
-- column value: its value, empty where its status says so
-- column status: what stands behind it
-- column peers_mean: mean of the similar councils that have a value
SELECT
    year,
    peer_rank,
    peer_areanm,
    value,
    status,
    avg(value) FILTER (peer_rank > 0) OVER (PARTITION BY year) AS peers_mean
FROM compare(
    (SELECT min(areacd) FROM locality.place WHERE comparators IS NOT NULL), 'delayed_days_rate'
)
ORDER BY year, peer_rank
