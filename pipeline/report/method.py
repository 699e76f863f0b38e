"""How it was done: the technical part, and where every figure of the page is kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pipeline.report.answer import Fact
from pipeline.report.read import Analysis, Reader
from pipeline.report.setting_words import said
from pipeline.report.tables import DataTable, absent, figure, text
from pipeline.report.wording import capital, composition, number, p_value, words


@dataclass(frozen=True)
class Method:
    """What the technical part shows.

    Attributes:
        settings: what the test was held to, line by line.
        tests: further tests; None where nothing was estimated.
        origins: part of the page, and the tables and columns behind it.
    """

    settings: Sequence[Fact]
    tests: DataTable | None
    origins: DataTable


def method(reader: Reader, analysis: Analysis, shown: Mapping[str, Any]) -> Method:
    """Gather the technical part.

    Args:
        reader: the file.
        analysis: one analysis of it.
        shown: everything else on the page, whose tables say where they come from.
    """
    titles = {row["name"]: row["title"] for row in reader.rows("meta.indicator")}
    spec, between = analysis.spec, analysis.between
    controls = [titles.get(name, words(name)) for name in spec["controls"].split(", ")]
    settings = [
        Fact("Held constant (controls)", "; ".join(controls)),
        Fact("How indicators are put together", spec["composite_rule"]),
        Fact("Missing values", spec["missing_rule"]),
        Fact("Years from measures to outcome", number(analysis.lag)),
        *(
            Fact(said("between", name), str(between[name]))
            for name in (
                "confidence",
                "delta_min",
                "equivalence_upper",
                "loao_alpha",
                "power_target",
                "min_authorities",
                "n_bootstrap",
                "n_simulations",
                "seed",
            )
        ),
    ]
    return Method(settings, _tests(analysis), _origins(shown))


def _tests(analysis: Analysis) -> DataTable | None:
    rows = analysis.results["model_tests"]
    if not rows:
        return None
    return DataTable(
        "Further tests; H is the claim's first side, B its second",
        ["Test", "Direction", "Statistic", "p", "Errors"],
        [
            [
                text(capital(row["test"]), composition(row["composition"])),
                text(row["direction"]),
                absent() if row["statistic"] is None else figure(number(row["statistic"], 2)),
                absent() if row["p"] is None else figure(p_value(row["p"])),
                text(row["vcov"]),
            ]
            for row in rows
        ],
        "evidence.model_tests: test, direction, statistic, p, vcov",
    )


def _tables(shown: Any) -> Iterator[DataTable]:
    """Every table within what is shown."""
    if isinstance(shown, DataTable):
        yield shown
    elif isinstance(shown, Mapping):
        for value in shown.values():
            yield from _tables(value)
    elif isinstance(shown, Sequence) and not isinstance(shown, str):
        for value in shown:
            yield from _tables(value)
    elif is_dataclass(shown) and not isinstance(shown, type):
        for field in fields(shown):
            yield from _tables(getattr(shown, field.name))


FACTS = (
    (
        "The verdict and its sentence",
        "evidence.verdict: verdict, sentence, where composition is 'both'",
    ),
    (
        "How sure it is",
        "evidence.block_contrast: estimate, ci_low, ci_high of the headline row of delta; "
        "evidence.power: mde80; evidence.analysis_spec: n_rows, n_authorities, years, lag",
    ),
    (
        "The limits",
        "evidence.measure_quality: coverage_min, coverage_median, n_effective_median; "
        "evidence.panel: dominant_trust; locality.population: population_year",
    ),
    (
        "Edition, version and framework",
        "meta.run: title, built_at, version, framework_sha256, framework_registered, packages",
    ),
)
"""Parts of the page that are no table, and what they are made of."""


def _origins(shown: Mapping[str, Any]) -> DataTable:
    listed = dict(FACTS)
    for table in _tables(shown):
        # The tables of the regions are one table in parts.
        if table.origin not in listed.values():
            listed[table.named or table.caption] = table.origin
    return DataTable(
        "Where each figure is kept in the database file",
        ["On this page", "Table and columns"],
        [[text(what), text(origin)] for what, origin in listed.items()],
    )
