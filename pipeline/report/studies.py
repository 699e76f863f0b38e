"""Published studies beside this file's figures."""

from collections.abc import Sequence

from pipeline.report.read import Analysis, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import capital, joined, number


def studies(analyses: Sequence[Analysis]) -> DataTable | None:
    """Each published figure beside the nearest of every panel."""
    rows = [(one, row) for one in analyses for row in one.results["published_comparison"]]
    if not rows:
        return None
    by_study: dict[tuple[str, ...], list[tuple[Analysis, Row]]] = {}
    for one, row in rows:
        key = tuple(row[name] for name in ("study", "units", "predictor", "published_outcome"))
        by_study.setdefault(key, []).append((one, row))
    single = len(analyses) == 1
    return DataTable(
        "Published figures beside ours",
        ["Study", "What it relates", "Its figure", "Nearest figure here", "Comparable?"],
        [
            [
                text(study, units),
                text(capital(predictor), f"and {outcome}"),
                _theirs(own[0][1]),
                _ours(own, single=single),
                text(capital(own[0][1]["comparable"]), capital(own[0][1]["why"])),
            ]
            for (study, units, predictor, outcome), own in by_study.items()
        ],
        "evidence.published_comparison: study, units, predictor, published_outcome, effect, "
        "metric, our_estimate, our_metric, comparable, why",
    )


def _theirs(row: Row) -> Cell:
    if row["effect"] is None:
        return text(capital(row["metric"]), "no figure is given")
    return figure(number(row["effect"], 2), row["metric"])


def _ours(own: Sequence[tuple[Analysis, Row]], single: bool) -> Cell:
    known = [(one.name, row) for one, row in own if row["our_estimate"] is not None]
    if not known:
        return absent("Not measured in this panel" if single else "Not measured in these panels")
    metric = known[0][1]["our_metric"]
    if single:
        return figure(number(known[0][1]["our_estimate"], 2), metric)
    values = {name: row["our_estimate"] for name, row in known}
    said = "; ".join(f"{name} {number(value, 2)}" for name, value in values.items())
    missing = [one.name for one, row in own if row["our_estimate"] is None]
    said += f"; not measured: {joined(missing)}" if missing else ""
    return text(said, metric)
