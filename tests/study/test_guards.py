"""Each guard holds in a plain world, and fails and is said in the world that it is there for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import polars as pl
import pytest

from pipeline.evidence.overall import Check, overall
from pipeline.evidence.verdict import INCONCLUSIVE, SUPPORTED
from pipeline.study.framework import Framework
from pipeline.study.guards import GUARDS, NEEDED, cautions, claim_checks
from pipeline.study.multiverse import multiverse
from pipeline.study.panels import registered, select
from pipeline.study.robustness import robustness, robustness_within
from tests.study.test_panels import INSIDE, MADE_UP, SPEC, pool_of, put, world

Row = dict[str, Any]
BOTH: dict[str, str | None] = {"between": SUPPORTED, "within": SUPPORTED}
PARTS = ("between", "within")
NAMES = {"between": "Between authorities", "within": "Inside authorities"}
RULES = {"multiverse": "multiverse_same_sign"} | {
    kind: guard.rule_id for kind, guard in GUARDS.items()
}
SOLID = {"leadership": 0.8}
"""Leadership is measured with some error."""


def rows_of(
    part: str,
    frame: pl.DataFrame,
    all_of: Framework = MADE_UP,
    reliability: dict[str, float] | None = None,
) -> list[Row]:
    """All checks of one part, as the pipeline makes them."""
    pool = pool_of(frame, SPEC if part == "between" else INSIDE, all_of)
    with joblib.parallel_config(backend="sequential"):
        rows = multiverse(pool, all_of, 1.0)[1]
    rows = [row for row in rows if row["part"] == part]
    if part == "within":
        return rows + robustness_within(pool, all_of)
    built = select(pool, all_of, registered(pool.spec, all_of))
    return rows + robustness(pool, built, all_of, reliability or SOLID)


# Worlds.


def seen_before(frame: pl.DataFrame) -> pl.DataFrame:
    """Roads follow what staff said a year earlier."""
    moved = frame.select(
        "locality", (pl.col("year") + 1).cast(pl.Int32), pl.col("listens").alias("before")
    )
    return frame.join(moved, on=["locality", "year"], how="left").with_columns(
        roads=pl.col("roads") + 3.0 * pl.col("before").fill_null(0.0)
    )


def matrices(places: int) -> tuple[pl.DataFrame, np.random.Generator, Callable[..., pl.DataFrame]]:
    """A world's table, a source of chance, and how to put (places, years) matrices into it."""
    frame = world(places=places, seed=0).sort("locality", "year")
    rng = np.random.default_rng(0)

    def filled(**columns: np.ndarray) -> pl.DataFrame:
        return frame.with_columns(pl.Series(name, x.ravel()) for name, x in columns.items())

    return frame, rng, filled


def already_there() -> pl.DataFrame:
    """Outcomes last and bring leadership about; what moves them is money."""
    frame, rng, filled = matrices(1)
    spending = frame["spending"].to_numpy().reshape(-1, 5)
    y = np.empty(spending.shape)
    y[:, 0] = rng.normal(size=len(y))
    for t in range(1, 5):
        y[:, t] = 0.9 * y[:, t - 1] + 0.3 * spending[:, t - 1] + 0.3 * rng.normal(size=len(y))

    def seen() -> np.ndarray:
        return y + 0.5 * rng.normal(size=y.shape)

    return filled(delays=-y, listens=seen(), inspires=seen(), inspected=seen())


def already_there_inside() -> pl.DataFrame:
    """Leadership is praised where outcomes are good, and what else it holds makes them worse."""
    frame, rng, filled = matrices(3)
    more = rng.normal(size=(frame.height // 5, 5))
    y = np.empty(more.shape)
    y[:, 0] = rng.normal(size=len(y))
    for t in range(1, 5):
        y[:, t] = 0.9 * y[:, t - 1] - 0.3 * more[:, t - 1] + 0.3 * rng.normal(size=len(y))
    return filled(delays=-y, listens=y + more, inspires=y + more)


def one_years_mood(part: str) -> pl.DataFrame:
    """Outcomes follow the mood of one year; what lasts of leadership does not help."""
    frame, rng, filled = matrices(1 if part == "between" else 3)
    mood = rng.normal(size=(frame.height // 5, 5))
    lasting = (0.0 if part == "between" else 1.0) * rng.normal(size=(len(mood), 1))
    y = 0.5 * rng.normal(size=mood.shape) - lasting
    y[:, 1:] += 2.0 * mood[:, :-1] + 0.8 * frame["spending"].to_numpy().reshape(-1, 5)[:, :-1]
    return filled(delays=-y, listens=mood + lasting, inspires=mood + lasting)


def gaps(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Three rows in ten without these."""
    missing = pl.Series(np.random.default_rng(0).random(frame.height) < 0.3)
    return frame.with_columns(pl.when(~missing).then(name).alias(name) for name in names)


def against(frame: pl.DataFrame) -> pl.DataFrame:
    """What inspires is where staff are not listened to."""
    noise = pl.Series(np.random.default_rng(0).normal(size=frame.height))
    return frame.with_columns(inspires=0.6 * noise - 0.4 * pl.col("listens"))


def far_out() -> pl.DataFrame:
    """One authority far out on leadership and outcome, in a world that budgets drive."""
    far = pl.when(pl.col("locality") == "L007").then(6.0).otherwise(0.0)
    return world(b=0.5).with_columns(
        pl.col("listens") + far, pl.col("inspires") + far, pl.col("delays") - far
    )


def far_out_inside() -> pl.DataFrame:
    """One authority whose three localities lie far apart, where elsewhere the link is negative."""
    place = pl.col("locality").rank("dense").over("authority").cast(pl.Int64) - 2
    far = 8.0 * pl.when(pl.col("authority") == "A007").then(place).otherwise(0)
    return world(-0.2, places=3, seed=2).with_columns(
        pl.col("listens") + far, pl.col("inspires") + far, pl.col("delays") - far
    )


def thinly_observed_inside() -> pl.DataFrame:
    """Where most was observed the link runs the other way."""
    few = pl.col("authority") < "A016"
    return pl.concat(
        [world(2.0, places=3, seed=2).filter(few), world(-0.5, places=3, seed=2).filter(~few)]
    ).with_columns(listens__coverage=pl.when(few).then(0.6).otherwise(0.95))


def needy(part: str) -> pl.DataFrame:
    """Need drives outcomes, and goes with money, or away from leadership: it must be held."""
    if part == "between":
        return world(0.4, 0.1, seed=2, need=3.0).with_columns(
            spending=pl.col("spending") + 2.0 * pl.col("need")
        )
    return world(0.6, places=3, seed=2, need=1.5).with_columns(
        pl.col("listens") - pl.col("need"), pl.col("inspires") - pl.col("need")
    )


LOOSE = replace(MADE_UP, test=replace(MADE_UP.test, min_measured=0.3))
APART = replace(
    MADE_UP,
    indicators={
        **MADE_UP.indicators,
        "inspires": replace(
            MADE_UP.indicators["inspires"], source="poll", instrument="poll", family="poll"
        ),
    },
)
"""What inspires comes from another survey."""
INNER = world(0.6, places=3, seed=2)
PLAIN = {
    # Inspectors see some of what staff see, so that no one source carries the lead.
    "between": world(0.6, 0.1, seed=2).with_columns(
        inspected=0.6 * pl.col("listens") + 0.8 * pl.col("inspected")
    ),
    "within": INNER,
}
TURNED = {"leadership": 0.95, "partnership": 0.95, "plans": 0.1, "budgets": 0.1}

CAUSES: dict[tuple[str, str], Callable[[], list[Row]]] = {
    ("between", "multiverse"): lambda: rows_of("between", needy("between")),
    ("within", "multiverse"): lambda: rows_of("within", needy("within")),
    ("between", "placebo"): lambda: rows_of("between", seen_before(PLAIN["between"])),
    ("within", "placebo"): lambda: rows_of("within", seen_before(INNER)),
    ("between", "reversed lag"): lambda: rows_of("between", world(back=1.0)),
    ("within", "reversed lag"): lambda: rows_of("within", world(back=1.0, places=3, seed=2)),
    ("between", "imputation"): lambda: rows_of(
        "between", gaps(world(0.8, 0.4), "listens", "inspires")
    ),
    ("within", "imputation"): lambda: rows_of(
        "within", gaps(against(world(1.0, places=3, seed=2)), "listens")
    ),
    ("between", "lagged outcome"): lambda: rows_of("between", already_there()),
    ("within", "lagged outcome"): lambda: rows_of("within", already_there_inside()),
    ("between", "earlier respondents"): lambda: rows_of("between", one_years_mood("between")),
    ("within", "earlier respondents"): lambda: rows_of("within", one_years_mood("within")),
    ("between", "leave one source out"): lambda: rows_of(
        "between", put(world(0.8, 0.4), pl.lit(True), margin=None)
    ),
    ("within", "leave one source out"): lambda: rows_of(
        "within", against(world(1.0, places=3, seed=2)), APART
    ),
    ("between", "leave one authority out"): lambda: rows_of("between", far_out()),
    ("within", "leave one authority out"): lambda: rows_of("within", far_out_inside()),
    ("between", "least coverage"): lambda: rows_of(
        "between", world(0.8, 0.4).with_columns(listens__coverage=0.6, inspires__coverage=0.6)
    ),
    ("within", "least coverage"): lambda: rows_of("within", thinly_observed_inside(), LOOSE),
    ("between", "equal reliability"): lambda: rows_of(
        "between", world(0.8, 0.4), reliability=TURNED
    ),
}
"""Part and kind of check -> all checks in a world where what it guards against is so."""


@pytest.fixture(scope="module")
def plain() -> dict[str, list[Row]]:
    return {part: rows_of(part, PLAIN[part]) for part in PARTS}


def judged(rows: list[Row]) -> tuple[str, str, set[str]]:
    """Verdict and sentence on the claim if both halves support it, and the rules not met."""
    found = overall(BOTH, claim_checks(rows, MADE_UP))
    return found[0].verdict, found[0].sentence, {one.rule_id for one in found if not one.passed}


def test_there_is_a_world_for_every_guard() -> None:
    # How well both sides are measured is no question where only one of them varies.
    assert set(CAUSES) == {(part, kind) for part in PARTS for kind in RULES} - {
        ("within", "equal reliability")
    }


def test_where_every_guard_holds_the_claim_stands(plain: dict[str, list[Row]]) -> None:
    rows = plain["between"] + plain["within"]
    verdict, said, failed = judged(rows)
    assert (verdict, failed) == (SUPPORTED, set())
    assert said == (
        "The claim is supported here, between authorities and inside them. Between authorities: "
        "supported; inside authorities: supported. Between authorities, 100% of the specifications "
        "have one sign. Inside authorities, 100% of the specifications have one sign."
    )


@pytest.mark.parametrize(("part", "kind"), CAUSES)
def test_what_a_guard_is_there_for_takes_the_verdict_back_and_is_said(
    plain: dict[str, list[Row]], part: str, kind: str
) -> None:
    """The checks of this kind in the world that they are there for, among those of a plain one."""
    caused = [row for row in CAUSES[part, kind]() if row["kind"] == kind]
    assert False in {row["passes"] for row in caused}
    others = [
        row for one in PARTS for row in plain[one] if (row["part"], row["kind"]) != (part, kind)
    ]
    verdict, said, failed = judged(others + caused)
    assert verdict == INCONCLUSIVE
    assert failed == {f"{part}_{RULES[kind]}"}
    own = next(one for one in said.split(". ") if one.startswith(f"{NAMES[part]}, "))
    if kind == "multiverse":
        assert "the sign depends on how the comparison is set up: 60%" in own
    else:
        assert own.rstrip(".").endswith(GUARDS[kind].fails.rstrip("."))
    assert said.startswith("The data here cannot decide the claim. Between authorities: supported")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.7964, "79.6% of the"),
        (0.79996, "79.996% of the"),
        (0.79, "79% of the"),
        (0.51, "51% of the"),
    ],
)
def test_a_share_just_short_of_the_least_does_not_read_as_if_it_were_met(
    plain: dict[str, list[Row]], share: float, said: str
) -> None:
    rows = [
        row | {"passes": False, "estimate": share} if row["kind"] == "multiverse" else row
        for row in plain["between"]
    ]
    _, sentence, _ = judged([*rows, *plain["within"]])
    assert f"{said} specifications have the commoner one" in sentence


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", GUARDS)
def test_what_could_not_be_checked_is_asked_for_or_left_out(
    plain: dict[str, list[Row]], part: str, kind: str
) -> None:
    """Between authorities, placebo and imputation must be there; others where they can be made."""
    rows = [
        row | {"passes": None} if (row["part"], row["kind"]) == (part, kind) else row
        for one in PARTS
        for row in plain[one]
    ]
    verdict, said, failed = judged(rows)
    if part == "between" and kind in NEEDED:
        assert (verdict, failed) == (INCONCLUSIVE, {f"between_{RULES[kind]}"})
        assert f"; the check by {kind} could not be made." in said
    else:
        assert (verdict, failed) == (SUPPORTED, set())


def test_without_another_specification_nothing_is_supported(plain: dict[str, list[Row]]) -> None:
    rows = [row for one in PARTS for row in plain[one] if row["kind"] != "multiverse"]
    verdict, said, failed = judged(rows)
    assert verdict == INCONCLUSIVE
    assert failed == {f"{part}_multiverse_same_sign" for part in PARTS}
    assert "Inside authorities, no other specification could be estimated." in said


def test_checks_that_ask_nothing_are_not_read(plain: dict[str, list[Row]]) -> None:
    """Other compositions and outliers are specifications too: their share of one sign is read."""
    more = [
        {"part": part, "kind": kind, "passes": False, "estimate": 0.1}
        for part in PARTS
        for kind in ("composition", "outliers", "split respondents")
    ]
    assert judged([*plain["between"], *plain["within"], *more])[0] == SUPPORTED


# What is said and decides nothing.


def tables(
    lead: float = 0.1,
    slope: float = 0.2,
    high: float = 0.3,
    *,
    strong: bool = True,
    exact: float | None = None,
) -> dict[str, list[Row]]:
    composite = {"composition": "composite"}
    robust: list[Row] = [{"kind": "robustness value", "passes": strong, "estimate": 0.1}]
    if exact is not None:
        robust.append({"kind": "measured without error", "estimate": exact})
    return {
        "block_contrast": [composite | {"estimand": "delta", "headline": True, "estimate": lead}],
        "importance": [
            composite | {"level": "superblock", "name": "H", "slope": slope, "slope_ci_high": high}
        ],
        "robustness": robust,
    }


def said_of(found: list[Check]) -> str:
    verdict = overall(BOTH, found)
    assert verdict[0].verdict == SUPPORTED
    return verdict[0].sentence.partition("inside authorities: supported.")[2].strip()


def test_nothing_is_cautioned_of_a_lead_that_goes_with_better_outcomes() -> None:
    found = cautions(tables())
    assert [(one.rule_id, one.passed, one.value) for one in found] == [
        ("between_goes_with_better_outcomes", True, 0.2),
        ("between_confounder_must_be_strong", True, 0.1),
    ]
    assert said_of(found) == ""
    assert cautions({"block_contrast": [], "importance": [], "robustness": []}) == []


@pytest.mark.parametrize(
    ("lead", "slope", "high", "said"),
    [
        (0.1, -0.2, -0.1, True),
        (0.1, -0.2, 0.1, True),
        (-0.1, -0.2, -0.1, True),
        (-0.1, -0.2, 0.1, False),
        (0.1, 0.2, 0.3, False),
    ],
)
def test_leadership_that_goes_with_worse_outcomes_is_said(
    lead: float, slope: float, high: float, said: bool
) -> None:
    found = cautions(tables(lead, slope, high))
    assert found[0].passed is (slope > 0)
    assert ("with worse results" in said_of(found)) is said
    assert ("not clearly" in said_of(found)) is (said and high > 0)


def test_a_weak_confounder_is_enough() -> None:
    assert "no stronger than the strongest known circumstance" in said_of(
        cautions(tables(strong=False))
    )


@pytest.mark.parametrize(
    ("lead", "exact", "said"),
    [
        (0.1, 0.2, "its lead is, if anything, too small."),
        (0.1, 0.05, ""),
        (0.1, -0.05, "of measurement the lead of leadership turns round."),
        (-0.1, -0.05, "may be part of why plans and budgets lead."),
        (-0.1, 0.05, "may be why plans and budgets lead: corrected for it, the lead turns round."),
        (-0.1, -0.2, ""),
    ],
)
def test_which_side_error_of_measurement_works_against(
    lead: float, exact: float, said: str
) -> None:
    found = cautions(tables(lead, exact=exact))
    assert found[-1].passed is (lead * exact > 0)
    assert said_of(found).endswith(said)
    assert bool(said_of(found)) is bool(said)
