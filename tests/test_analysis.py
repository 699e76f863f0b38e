"""Which rows and indicators a panel holds, by the registered rules."""

from dataclasses import replace

import polars as pl
import pytest

from pipeline.analysis import build
from pipeline.framework import Framework, framework
from pipeline.framework import Panel as Declared

SPEC = "councils_delayed_transfers"
COUNCILS = [f"E06{number:06d}" for number in range(901, 905)]


@pytest.fixture
def declared() -> Framework:
    keep = {"asks_my_opinion", "delays_shared", "interested_in_wellbeing", "trust_margin"}
    whole = framework()
    spec = whole.panels[SPEC]
    keep |= {spec.outcome, *spec.controls}
    chosen = {name: one for name, one in whole.indicators.items() if name in keep}
    return replace(whole, indicators=chosen)


@pytest.fixture
def spec(declared: Framework) -> Declared:
    return replace(declared.panels[SPEC], years=(2012, 2013))


def table(declared: Framework) -> pl.DataFrame:
    """Four councils, 2012 to 2014, everything measured."""
    rows = []
    for place, council in enumerate(COUNCILS):
        for year in (2012, 2013, 2014):
            row: dict[str, object] = {
                "areacd": council,
                "year": year,
                "areanm": council,
                "council_class": "unitary authority" if place % 2 else "shire county",
                "dominant_trust": f"R{place // 2}",
            }
            for number, (name, one) in enumerate(declared.indicators.items()):
                row[name] = float((place + 1) * (number + 2) + year % 7)
                if one.level == "trust":
                    row[f"{name}__coverage"] = 1.0
            rows.append(row)
    return pl.DataFrame(rows, schema_overrides={"year": pl.Int32})


def test_the_outcome_is_of_the_next_year_and_better_is_higher(
    declared: Framework, spec: Declared
) -> None:
    frame = table(declared)
    built = build(spec, declared, frame)
    assert built.rows.height == 8
    row = built.rows.row(0, named=True)
    later = frame.filter(pl.col("areacd") == row["areacd"], pl.col("year") == row["year"] + 1)
    assert row["outcome"] == -later[spec.outcome][0]
    assert built.panel is not None
    assert set(built.panel.blocks) == {"leadership", "budgets"}


def test_an_indicator_of_the_outcomes_own_instrument_is_never_used(
    declared: Framework, spec: Declared
) -> None:
    built = build(spec, declared, table(declared))
    shared = next(row for row in built.coverage if row["indicator"] == "delays_shared")
    assert (shared["used"], shared["why_not"]) == (
        False,
        "shares its instrument with the outcome",
    )


def test_a_thinly_measured_indicator_is_left_out_and_its_rows_are_kept(
    declared: Framework, spec: Declared
) -> None:
    frame = table(declared).with_columns(
        pl.when(pl.col("year") > 2012)
        .then(pl.col("interested_in_wellbeing"))
        .alias("interested_in_wellbeing")
    )
    built = build(spec, declared, frame)
    thin = next(row for row in built.coverage if row["indicator"] == "interested_in_wellbeing")
    assert not thin["used"]
    assert thin["why_not"] == "measured on 50% of the rows, fewer than 90%"
    assert built.rows.height == 8


def test_a_carried_value_with_too_little_coverage_is_not_measured(
    declared: Framework, spec: Declared
) -> None:
    first = (pl.col("areacd") == COUNCILS[0]) & (pl.col("year") == 2012)
    frame = table(declared).with_columns(
        pl.when(first).then(0.4).otherwise(1.0).alias("asks_my_opinion__coverage")
    )
    test = replace(declared.test, min_measured=0.8)
    built = build(spec, replace(declared, test=test), frame)
    assert built.rows.height == 7
    assert built.thinned[-1] == ("with every indicator used", 7)


def test_a_council_without_a_control_is_dropped_and_counted(
    declared: Framework, spec: Declared
) -> None:
    frame = table(declared).with_columns(
        pl.when(pl.col("areacd") != COUNCILS[0]).then(pl.col("rural_share")).alias("rural_share")
    )
    built = build(spec, declared, frame)
    assert [rows for _, rows in built.thinned] == [8, 8, 6, 6]
