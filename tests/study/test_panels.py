"""Which rows and indicators a panel holds; and made-up candidates that other tests share."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from pipeline.edition import Edition
from pipeline.study import framework as declared
from pipeline.study.framework import Block, Framework, Guards, Indicator, Multiverse, Panel
from pipeline.study.multiverse import specifications
from pipeline.study.panels import (
    Built,
    Candidates,
    candidates,
    first_side,
    from_frame,
    locality_panel,
    registered,
    select,
    without_sources,
)
from pipeline.study.robustness import _variations
from tests.evidence import localities, worlds

MEASURES = {
    # name: block, level, instrument (also the source), polarity
    "listens": ("leadership", "trust", "staff_survey", 1),
    "inspires": ("leadership", "trust", "staff_survey", 1),
    "inspected": ("leadership", "council", "inspection", 1),
    "joint_income": ("partnership", "council", "joint_accounts", 1),
    "shared_delays": ("partnership", "council", "delays_return", 1),
    "planned": ("plans", "council", "budget_return", 1),
    "spending": ("budgets", "council", "outturn_return", 1),
    "margin": ("budgets", "trust", "trust_accounts", 1),
    "delays": ("outcome", "council", "delays_return", -1),
    "need": ("context", "council", "census", 1),
    "rural": ("context", "council", "census", 1),
    "roads": ("placebo", "council", "outturn_return", -1),
}
SPEC = Panel(
    name="made_up",
    title="Made-up councils and delays a year later",
    grain="authority_year",
    outcome="delays",
    primary=True,
    years=(2012, 2015),
    lag=1,
    controls=("need", "rural"),
    control_classes=("council_class", "year"),
    placebo=("roads",),
)
INSIDE = replace(SPEC, name="made_up_inside", grain="district_year")


def made_up(*panels: Panel) -> Framework:
    """A framework of two or three indicators a side, with few draws of everything."""
    indicators = {
        name: Indicator(
            name=name,
            block=block,
            words="words",
            title=f"Title of {name}",
            instrument=instrument,
            family=instrument,
            source=instrument,
            level="trust" if level == "trust" else "council",
            value="sum(value)",
            polarity=polarity,
        )
        for name, (block, level, instrument, polarity) in MEASURES.items()
    }
    blocks = ("leadership", "partnership", "plans", "budgets", "outcome", "context", "placebo")
    return Framework(
        claim="The claim.",
        blocks={name: Block(name, name.capitalize(), "") for name in blocks},
        indicators=indicators,
        test=declared.Test(
            min_measured=0.9,
            min_coverage=0.5,
            between=worlds.QUICK,
            within=replace(localities.SETTINGS, n_permutations=99, min_authorities=10),
            guards=Guards(
                min_coverage=(0.25, 0.75),
                imputations=4,
                min_imputed=0.5,
                noise_draws=4,
                alpha=0.05,
            ),
            multiverse=Multiverse(
                compositions=("composite",),
                lags=(0,),
                min_coverage=(0.5,),
                min_measured=(0.9,),
                cap=3.0,
                same_sign=0.8,
                n_bootstrap=99,
            ),
        ),
        panels={one.name: one for one in panels or (SPEC,)},
        unmeasured={},
        hash="made up",
    )


MADE_UP = made_up()


def world(
    h: float = 0.0,
    b: float = 0.0,
    *,
    authorities: int = 32,
    places: int = 1,
    years: Iterable[int] = range(2012, 2017),
    back: float = 0.0,
    need: float = 0.5,
    seed: int = 1,
) -> pl.DataFrame:
    """Places inside authorities; what is measured of councils is one value an authority and year.

    The outcome follows `listens` (h) and `spending` (b) of the year before; with `back`, `listens`
    follows the outcome of the year before instead. The same staff answer `inspires`, much alike.
    """
    rng = np.random.default_rng(seed)
    when = list(years)
    n, t = authorities * places, len(when)
    owner = np.repeat(np.arange(authorities), places)

    def drawn(level: str) -> np.ndarray:
        many = n if level == "trust" else authorities
        lasting = 0.8 * rng.normal(size=(many, 1)) + 0.6 * rng.normal(size=(many, t))
        return lasting if level == "trust" else lasting[owner]

    value = {name: drawn(level) for name, (_, level, _, _) in MEASURES.items()}
    value["need"] = np.repeat(rng.normal(size=(n, 1)), t, axis=1)
    outcome = need * value["need"] + 0.3 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, t))
    outcome[:, 1:] += h * value["listens"][:, :-1] + b * value["spending"][:, :-1]
    value["listens"][:, 1:] += back * outcome[:, :-1]
    value["inspires"] = 0.8 * value["listens"] + 0.6 * value["inspires"]
    value["delays"] = -outcome
    classes = np.array(["shire county", "unitary authority", "London borough"])
    return pl.DataFrame(
        {
            "locality": np.repeat([f"L{i:03}" for i in range(n)], t),
            "authority": np.repeat([f"A{i:03}" for i in owner], t),
            "year": np.tile(np.array(when, dtype=np.int32), n),
            "council_class": np.repeat(classes[owner % 3], t),
            "dominant_trust": np.repeat([f"R{i:02}" for i in (np.arange(n) * 16) // n], t),
            **{name: x.ravel() for name, x in value.items()},
        }
    )


def put(frame: pl.DataFrame, where: pl.Expr, **values: Any) -> pl.DataFrame:
    """The table with other values in some of its rows; None empties them."""
    return frame.with_columns(
        pl.when(where).then(pl.lit(value, pl.Float64)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def pool_of(frame: pl.DataFrame, spec: Panel = SPEC, all_of: Framework = MADE_UP) -> Candidates:
    return from_frame(spec, all_of, frame)


def built_of(
    frame: pl.DataFrame, spec: Panel = SPEC, all_of: Framework = MADE_UP, **other: Any
) -> Built:
    choices = replace(registered(spec, all_of), **other)
    return select(pool_of(frame, spec, all_of), all_of, choices)


def names(built: Built) -> set[str]:
    return {one.name for block in built.used.values() for one in block}


def why(built: Built, name: str) -> str | None:
    return next(str(r["why_not"]) for r in built.coverage if r["indicator"] == name)


SMALL = world(authorities=4)
FIRST = (pl.col("locality") == "L000") & (pl.col("year") == 2013)


def test_the_outcome_is_of_the_next_year_and_better_is_higher() -> None:
    built = built_of(SMALL)
    later = built.rows.with_columns(pl.col("year") + 1).join(
        SMALL, on=["locality", "year"], how="left"
    )
    assert built.size == 4 * 4
    assert_array_equal(built.outcome, -later["delays"].to_numpy())
    assert built.panel is not None
    assert list(built.panel.blocks) == ["leadership", "partnership", "plans", "budgets"]


def test_predictors_are_of_the_rows_own_year_and_controls_are_spelled_out() -> None:
    built = built_of(SMALL)
    own = built.rows.join(SMALL, on=["locality", "year"], how="left")
    assert_array_equal(built.values["budgets"], own.select("spending", "margin").to_numpy())
    assert list(built.controls) == [
        "need",
        "rural",
        "council_class=shire county",
        "council_class=unitary authority",
        *(f"year={one}" for one in (2013, 2014, 2015)),
    ]
    assert_array_equal(built.controls["year=2014"], own["year"].to_numpy() == 2014)


def test_polarity_turns_measures_and_outcomes_and_nothing_else() -> None:
    pool = pool_of(SMALL)
    assert_array_equal(pool.value["delays"], -SMALL["delays"].to_numpy())
    assert_array_equal(pool.value["roads"], SMALL["roads"].to_numpy())


def test_an_indicator_of_the_outcomes_own_family_is_never_used() -> None:
    shares = "shares its instrument with the outcome"
    assert why(built_of(SMALL), "shared_delays") == shares
    everything = replace(registered(SPEC, MADE_UP), min_measured=0.0, min_coverage=0.0)
    assert "shared_delays" not in names(select(pool_of(SMALL), MADE_UP, everything))


def test_for_a_placebo_its_own_family_goes_too() -> None:
    placebo = built_of(SMALL, outcome="roads")
    for name in ("shared_delays", "spending"):
        assert why(placebo, name) == "shares its instrument with the outcome"
    assert names(placebo) == names(built_of(SMALL)) - {"spending"}


def test_families_count_not_instruments() -> None:
    other = replace(MADE_UP.indicators["inspires"], family="delays_return")
    related = replace(MADE_UP, indicators={**MADE_UP.indicators, "inspires": other})
    assert "inspires" not in names(built_of(SMALL, all_of=related))


def test_a_thinly_measured_indicator_is_left_out_and_its_rows_are_kept() -> None:
    thin = put(SMALL, pl.col("year") > 2013, inspires=None)
    built = built_of(thin)
    assert why(built, "inspires") == "measured on 50% of the rows, fewer than 90%"
    assert built.size == 16
    used = built_of(thin, min_measured=0.5)
    assert why(used, "inspires") == "None"
    assert used.size == 8


def test_gaps_stay_where_they_are_asked_to() -> None:
    built = built_of(put(SMALL, FIRST, listens=None), complete=False)
    assert built.size == 16
    gaps = np.isnan(built.values["leadership"])
    at = built.rows.select(FIRST).to_series().to_numpy()
    assert_array_equal(gaps, np.column_stack([at, np.zeros((16, 2), dtype=bool)]))
    assert [step for step, _ in built.thinned][-1] == "with all controls"


def test_too_little_coverage_is_no_measurement() -> None:
    frame = put(SMALL.with_columns(listens__coverage=1.0), FIRST, listens__coverage=0.4)
    built = built_of(frame)
    assert built.thinned[-1] == ("with every indicator used", 15)
    assert built_of(frame, min_coverage=0.4).size == 16
    gone = built_of(frame, complete=False).values["leadership"][:, 0]
    assert np.isnan(gone).sum() == 1


def test_unknown_coverage_is_none() -> None:
    frame = put(SMALL.with_columns(listens__coverage=1.0), FIRST, listens__coverage=None)
    assert built_of(frame).size == 15


def test_every_step_is_counted() -> None:
    frame = put(SMALL, pl.col("locality") == "L001", rural=None)
    frame = put(frame, (pl.col("locality") == "L002") & (pl.col("year") == 2014), delays=None)
    frame = put(frame, FIRST, listens=None)
    assert built_of(frame).thinned == (
        ("places in the years of the predictors", 16),
        ("with the outcome 1 year later", 15),
        ("with all controls", 11),
        ("with every indicator used", 10),
    )


def test_only_rows_with_what_is_required() -> None:
    spec = replace(SPEC, require=("shared_delays",))
    built = built_of(put(SMALL, pl.col("year") < 2014, shared_delays=None), spec)
    assert set(built.rows["year"]) == {2014, 2015}
    assert built.thinned[3] == ("with shared_delays", 8)
    assert why(built, "shared_delays") == "shares its instrument with the outcome"


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (0, [10.0, 11.0, 13.0, 20.0, 22.0]),
        (1, [11.0, np.nan, np.nan, np.nan, np.nan]),
        (2, [np.nan, 13.0, np.nan, 22.0, np.nan]),
        (-1, [np.nan, 10.0, np.nan, np.nan, np.nan]),
        (-2, [np.nan, np.nan, 11.0, np.nan, 20.0]),
        (9, [np.nan] * 5),
        (-9, [np.nan] * 5),
    ],
)
def test_a_lag_is_counted_in_years_and_never_reaches_another_place(
    lag: int, expected: list[float]
) -> None:
    """L0 has 2010, 2011 and 2013; L1 has 2010 and 2012."""
    frame = pl.DataFrame(
        {
            "locality": ["L0", "L0", "L0", "L1", "L1"],
            "authority": ["A"] * 5,
            "year": [2010, 2011, 2013, 2010, 2012],
            "listens": [10.0, 11.0, 13.0, 20.0, 22.0],
        }
    )
    assert_array_equal(pool_of(frame).at_lag("listens", lag, 0.5), expected)
    order = [3, 0, 4, 2, 1]
    assert_array_equal(pool_of(frame[order]).at_lag("listens", lag, 0.5), np.array(expected)[order])


def test_a_lag_finds_nothing_of_what_is_too_thinly_observed_or_not_there() -> None:
    pool = pool_of(put(SMALL.with_columns(listens__coverage=1.0), FIRST, listens__coverage=0.4))
    place = pool.rows["locality"].to_numpy() == "L000"
    found = pool.at_lag("listens", 1, 0.5)[place]
    assert_array_equal(np.isnan(found), [True, False, False, False, True])
    assert np.isnan(pool.at_lag("not measured", 1, 0.5)).all()


def test_a_reversed_lag_looks_back() -> None:
    built = built_of(SMALL, lag=-1)
    assert set(built.rows["year"]) == {2013, 2014, 2015}
    before = built.rows.with_columns(pl.col("year") - 1).join(
        SMALL, on=["locality", "year"], how="left"
    )
    assert_array_equal(built.outcome, -before["delays"].to_numpy())
    assert built.thinned[1] == ("with the outcome 1 year earlier", 12)


def test_the_lagged_outcome_is_that_of_the_predictors_year() -> None:
    built = built_of(put(SMALL, FIRST, delays=None), lagged_outcome=True)
    own = built.rows.join(SMALL, on=["locality", "year"], how="left")
    assert_array_equal(built.controls["outcome of the same year"], -own["delays"].to_numpy())
    # Without 2013 at one place, neither 2012 (no outcome) nor 2013 (no lagged one) can stand.
    assert built.size == 14


def test_values_are_drawn_in_by_the_spread_of_the_rows_that_are_kept() -> None:
    frame = put(SMALL, FIRST, listens=1e3, need=-1e3)
    frame = put(frame, pl.col("year") == 2016, listens=1e9)
    plain, capped = built_of(frame), built_of(frame, cap=2.0)
    for before, after in (
        (plain.values["leadership"][:, 0], capped.values["leadership"][:, 0]),
        (plain.controls["need"], capped.controls["need"]),
    ):
        reach = 2.0 * before.std()
        expected = np.clip(before, before.mean() - reach, before.mean() + reach)
        assert_array_equal(after, expected)
        assert (before != after).sum() == 1
    assert_array_equal(plain.outcome, capped.outcome)


def test_classes_and_sources_can_be_left_out() -> None:
    no_london = built_of(SMALL, without_classes=frozenset({"London borough"}))
    assert set(no_london.rows["council_class"]) == {"shire county", "unitary authority"}
    assert no_london.thinned[0] == ("places in the years of the predictors", 12)
    choices = without_sources(registered(SPEC, MADE_UP), MADE_UP, "staff_survey", "trust_accounts")
    built = select(pool_of(SMALL), MADE_UP, choices)
    assert names(built) == {"inspected", "joint_income", "planned", "spending"}
    assert why(built, "listens") == "left out in this specification"
    twice = without_sources(choices, MADE_UP, "inspection")
    assert twice.without == choices.without | {"inspected"}


def test_an_unused_source_does_not_cost_rows() -> None:
    frame = put(SMALL, FIRST, listens=None)
    choices = without_sources(registered(SPEC, MADE_UP), MADE_UP, "staff_survey")
    assert select(pool_of(frame), MADE_UP, choices).size == 16


def test_the_first_side_keeps_what_differs_inside_an_authority() -> None:
    inner = first_side(registered(SPEC, MADE_UP), MADE_UP)
    assert names(select(pool_of(SMALL), MADE_UP, inner)) == {"listens", "inspires"}
    # Nor does a gap in the authority's budget cost a locality its place in the comparison.
    assert select(pool_of(put(SMALL, FIRST, spending=None)), MADE_UP, inner).size == 16


@pytest.mark.parametrize(
    "change",
    [
        {"delays": None},
        {"rural": None},
        {name: None for name, one in MEASURES.items() if one[0] not in ("outcome", "context")},
    ],
)
def test_nothing_left_is_no_panel(change: dict[str, None]) -> None:
    built = built_of(put(SMALL, pl.lit(True), **change))
    assert built.panel is None
    assert locality_panel(built, MADE_UP) is None


def test_gaps_that_leave_no_row_are_no_panel() -> None:
    """Each indicator is measured on half of the rows, but never both."""
    frame = put(SMALL, pl.col("year") % 2 == 0, listens=None)
    frame = put(frame, pl.col("year") % 2 == 1, inspires=None)
    built = built_of(frame, INSIDE, min_measured=0.5)
    assert names(built) >= {"listens", "inspires"}
    assert (built.size, built.panel) == (0, None)
    assert locality_panel(built, MADE_UP) is None


def test_codes_are_dense_after_rows_are_gone() -> None:
    built = built_of(put(SMALL, pl.col("locality") == "L001", rural=None))
    assert built.panel is not None
    assert_array_equal(built.panel.authority, np.repeat([0, 1, 2], 4))
    assert built.panel.dominant_trust is not None
    assert_array_equal(built.panel.dominant_trust, np.repeat([0, 1, 2], 4))
    assert_array_equal(built.panel.year, np.tile(range(2012, 2016), 3))


def test_places_without_a_dominant_trust() -> None:
    none = built_of(SMALL.with_columns(dominant_trust=pl.lit(None, pl.String))).panel
    assert none is not None
    assert none.dominant_trust is None
    first = pl.col("locality") == "L000"
    some = SMALL.with_columns(dominant_trust=pl.when(~first).then(pl.col("dominant_trust")))
    panel = built_of(some).panel
    assert panel is not None
    assert panel.dominant_trust is not None
    assert len(np.unique(panel.dominant_trust)) == 4


def test_localities_take_only_what_varies_among_them() -> None:
    inside = world(authorities=4, places=3)
    panel = locality_panel(built_of(inside, INSIDE), MADE_UP)
    assert panel is not None
    # `inspected` and `joint_income` are the authority's, the same for its localities.
    assert {name: x.shape for name, x in panel.leadership.items()} == {"leadership": (48, 2)}
    assert_array_equal(panel.authority, np.repeat(range(4), 12))
    assert_array_equal(panel.locality, np.repeat(range(12), 4))
    assert panel.source is not None
    assert len(np.unique(panel.source)) == 12
    assert locality_panel(built_of(world(authorities=4), SPEC), MADE_UP) is None


# Reading the tables.


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    """Two counties of two districts each, a unitary, and three trusts; two years."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    made = Edition("test", "Test", synthetic=True)
    number = {name: i for i, name in enumerate(MEASURES)}

    def table(areas: dict[str, str], first: float, tiers: Iterable[str]) -> pl.DataFrame:
        return pl.DataFrame(
            [
                {"areacd": area, "year": year, "areanm": area, "authority_areacd": owner}
                | {"council_class": "shire", "region": "East", "dominant_trust": "R1"}
                | {
                    name: first + 100 * place + number[name] + 0.1 * (year - 2021)
                    for name, (_, level, _, _) in MEASURES.items()
                    if level in tiers
                }
                for place, (area, owner) in enumerate(areas.items())
                for year in (2021, 2022)
            ],
            schema_overrides={"year": pl.Int32},
        )

    both = ("council", "trust")
    councils = table({"C1": "C1", "C2": "C2", "U1": "U1"}, 1e4, both)
    districts = {"D1": "C1", "D2": "C1", "D3": "C2", "D4": "C9", "U1": "U1"}
    made.write("locality", "authority_year", councils)
    made.write("locality", "district_year", table(districts, 2e4, both))
    trusts = table({"R1": "", "R2": "", "R3": "", "R4": ""}, 3e4, ("trust",))
    made.write(
        "locality",
        "trust_year",
        trusts.select(
            pl.col("areacd").alias("org_code"),
            pl.col("areanm").alias("org_name"),
            "year",
            "listens",
            "inspires",
            "margin",
            pl.lit(5.0).alias("delays"),
        ),
    )
    made.write(
        "locality",
        "trust_authority",
        pl.DataFrame(
            {
                "trust": ["R1", "R2", "R3"],
                "icb_code": ["B1", "B1", None],
                "council_areacd": ["C1", "C1", "C2"],
            }
        ),
    )
    made.write(
        "locality",
        "trust_place",
        pl.DataFrame(
            {
                "vintage": [2021, 2021, 2022, 2022],
                "areacd": ["C1", "C2", "C1", "U1"],
                "trust": ["R1"] * 4,
                "patient_share": [0.6, 0.2, 0.5, 0.5],
            }
        ),
    )
    return made


OF_THE_AUTHORITY = ("inspected", "joint_income", "shared_delays", "planned", "spending", "roads")


def read(edition: Edition, **changes: Any) -> tuple[Candidates, pl.DataFrame]:
    pool = candidates(replace(SPEC, years=(2021, 2022), **changes), MADE_UP, edition)
    return pool, pool.rows.with_columns(**{n: pl.Series(x) for n, x in pool.value.items()})


@pytest.mark.parametrize(
    ("grain", "authority"),
    [("district_year", "authority_areacd"), ("trust_year", "council_areacd")],
)
def test_measures_of_the_authority_come_from_the_authority(
    edition: Edition, grain: str, authority: str
) -> None:
    _, rows = read(edition, grain=grain, authority=authority)
    councils = edition.read("locality", "authority_year")
    joined = rows.join(
        councils, left_on=["authority", "year"], right_on=["areacd", "year"], suffix="_council"
    )
    assert set(joined["authority"]) >= {"C1", "C2"}
    for name in OF_THE_AUTHORITY:
        assert_array_equal(joined[name], joined[f"{name}_council"])
        assert rows.group_by("authority", "year").agg(pl.col(name).n_unique())[name].max() == 1
    # What trusts are measured by stays the place's own.
    same = rows.filter(pl.col("authority") == "C1", pl.col("year") == 2021)
    assert same["listens"].n_unique() == same.height == 2


def test_the_outcome_and_the_circumstances_of_a_district_are_its_own(edition: Edition) -> None:
    _, rows = read(edition, grain="district_year")
    own = edition.read("locality", "district_year")
    assert_array_equal(rows["delays"], -own["delays"].to_numpy())
    assert_array_equal(rows["need"], own["need"])


def test_councils_are_their_own_authority(edition: Edition) -> None:
    pool, rows = read(edition)
    assert rows["authority"].to_list() == rows["locality"].to_list()
    assert_array_equal(rows["spending"], edition.read("locality", "authority_year")["spending"])
    assert pool.rows.select("locality", "year").is_duplicated().sum() == 0


def test_years_that_no_choice_reaches_are_not_read_and_change_nothing(edition: Edition) -> None:
    years, size = range(2004, 2024), 6
    rng = np.random.default_rng(3)
    councils = pl.DataFrame(
        [
            {"areacd": f"C{place}", "year": year, "council_class": "shire", "region": "East"}
            | {name: rng.normal() if rng.random() < 0.8 else None for name in MEASURES}
            for place in range(size)
            for year in years
        ],
        schema_overrides={"year": pl.Int32} | dict.fromkeys(MEASURES, pl.Float64),
    )
    edition.write("locality", "authority_year", councils)
    pool = candidates(SPEC, MADE_UP, edition)
    whole = from_frame(SPEC, MADE_UP, councils.with_columns(authority="areacd", locality="areacd"))
    assert pool.rows.height < whole.rows.height == size * len(years)
    base = registered(SPEC, MADE_UP)
    asked = [one.choices for one in specifications(pool, MADE_UP)]
    asked += [choices for *_, choices in _variations(pool, MADE_UP, base)]
    asked.append(replace(base, lag=-base.lag))
    for choices in dict.fromkeys(asked):
        one, other = select(pool, MADE_UP, choices), select(whole, MADE_UP, choices)
        assert one.rows.equals(other.rows)
        assert_array_equal(one.outcome, other.outcome)
        assert one.judged == other.judged
    assert any(select(pool, MADE_UP, choices).size for choices in asked)


def test_a_place_whose_authority_is_not_in_the_table_has_no_measure_of_it(
    edition: Edition,
) -> None:
    _, rows = read(edition, grain="district_year")
    lost = rows.filter(pl.col("locality") == "D4")
    assert lost.height == 2
    assert all(np.isnan(lost[name].to_numpy()).all() for name in OF_THE_AUTHORITY)
    assert not np.isnan(lost["delays"].to_numpy()).any()


def test_a_trust_without_an_authority_is_no_candidate(edition: Edition) -> None:
    _, rows = read(edition, grain="trust_year", authority="icb_code")
    assert set(rows["locality"]) == {"R1", "R2"}  # R3 has no board, R4 is not held by any
    # Boards are no councils: nothing that councils are measured by is theirs.
    assert all(np.isnan(rows[name].to_numpy()).all() for name in OF_THE_AUTHORITY)


def test_a_trusts_circumstances_are_those_of_its_patients_councils(edition: Edition) -> None:
    pool, rows = read(edition, grain="trust_year", authority="council_areacd")
    councils = edition.read("locality", "authority_year")
    need = {(r["areacd"], r["year"]): r["need"] for r in councils.to_dicts()}
    own = rows.filter(pl.col("locality") == "R1").sort("year")["need"].to_list()
    assert own == pytest.approx(
        [
            (0.6 * need["C1", 2021] + 0.2 * need["C2", 2021]) / 0.8,
            0.5 * need["C1", 2022] + 0.5 * need["U1", 2022],
        ]
    )
    assert np.isnan(rows.filter(pl.col("locality") == "R2")["need"].to_numpy()).all()
    assert pool.dominant_trust is None
    # One council without a value leaves the mean empty: missing is never zero.
    edition.write(
        "locality",
        "authority_year",
        put(councils, (pl.col("areacd") == "C2") & (pl.col("year") == 2021), need=None),
    )
    again = read(edition, grain="trust_year", authority="council_areacd")[1]
    found = again.filter(pl.col("locality") == "R1").sort("year")["need"].to_numpy()
    assert_array_equal(np.isnan(found), [True, False])
