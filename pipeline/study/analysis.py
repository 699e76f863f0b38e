"""From the panels to the evidence tables: what the statistics make of each."""

from collections.abc import Callable
from itertools import groupby
from operator import itemgetter

import polars as pl
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from pipeline.edition import Edition
from pipeline.study.asked import Asked, long_table, used_of
from pipeline.study.framework import Framework
from pipeline.study.panels import Row, candidates
from pipeline.study.parts import on_one_thread, pieces
from pipeline.study.results import TABLES
from pipeline.study.together import Found, claim_rows, correct_secondary, put_together
from pipeline.study.values import panel_values


def evidence_tables(
    edition: Edition,
    all_of: Framework,
    n_jobs: int = -1,
    progress: Callable[[str], None] = lambda said: None,
) -> dict[str, pl.DataFrame]:
    """Every evidence table and ``construct_coverage``, all panels together.

    The pieces of all panels are dealt out one by one, larger panels first, so that all workers have
    work to the end; the tables do not depend on who did what.

    Args:
        edition: whose locality tables are read.
        all_of: the framework.
        n_jobs: pieces at a time, -1 for all cores; joblib's configured backend is used.
        progress: told of each panel when it is done.
    """
    # Here too: sums come out the same whatever the machine.
    with threadpool_limits(1):
        asked = [
            Asked(candidates(spec, all_of, edition), all_of) for spec in all_of.panels.values()
        ]
        asked.sort(key=lambda one: (one.pool.spec.within, one.built.size), reverse=True)
        longs = [used_of(one, long_table(edition, one.pool.spec)) for one in asked]
        done = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(on_one_thread)(piece)
            for one, long in zip(asked, longs, strict=True)
            for piece in pieces(one, long)
        )
        # While the workers begin.
        of_panel = {one.pool.spec.name: one for one in asked}
        values = panel_values(edition, [of_panel[name] for name in all_of.panels])
        made: dict[str, Found] = {}
        by_panel = groupby(done, key=itemgetter(0))
        for one, (_, own) in zip(asked, by_panel, strict=True):
            made[one.pool.spec.name] = put_together(one, [result for _, result in own])
            progress(f"{len(made)} of {len(asked)} panels: {one.pool.spec.title}")
        rows: dict[str, list[Row]] = {name: [] for name in (*TABLES, "construct_coverage")}
        panels = [made[name] for name in all_of.panels]
        correct_secondary(panels)
        for found in panels:
            for name, own_rows in found.rows.items():
                common = {"synthetic": edition.synthetic} if name in TABLES else {}
                rows[name] += [common | row for row in own_rows]
        rows["verdict"] += [
            {"synthetic": edition.synthetic} | row for row in claim_rows(panels, all_of)
        ]
        tables = {name: pl.DataFrame(own, infer_schema_length=None) for name, own in rows.items()}
        return tables | {"panel_value": values}
