"""A small database like the one a run makes, and the pages that are made of it."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.database.publish import build
from pipeline.evidence.rows import BlockContrast, BlockFit, Importance, ModelTest, Power, Verdict
from pipeline.evidence.settings import READINGS
from pipeline.evidence.within_rows import DiscordantSet, VarianceSplit, WithinEffect
from pipeline.reading.source import STATUS
from pipeline.report import calibration
from pipeline.report.build import write
from pipeline.study.framework import framework
from pipeline.tables import Table

Row = dict[str, Any]
SPEC = "councils_delayed_transfers"
HOSTILE = """<script>alert("x")</script> & O'Hara"""
SENTENCE = "Measures of leadership do not predict delayed days better than measures of budgets."
MORE = "No measure of plans could be used here, so budgets alone stood for plans and budgets."
WHY_EXPLORATORY = "This panel was explored while the analysis was being designed."
YEARS = range(2012, 2014)
LAST_OUTCOME = 2014
COUNCILS = {
    "E06000001": ("Aldbury", "North East", 0.5),
    "E06000002": (HOSTILE, "North East", -0.1),
    "E06000003": ("Castleford", None, -1.5),
}
LOST = {"E06000004": ("Dunmere", "London")}
DISTRICTS = "districts_dementia"
COUNTY = ("E10000001", "<b>Broad</b> & Shire")
PARTS = {"E07000001": "Upper Dale", "E07000002": "Lower Dale", "E07000003": "<i>Mid</i> Dale"}
"""The county's districts."""
CLAIM = "The data here cannot decide the claim. Between authorities: not supported."
OUTCOMES = {"E06000001": 1234.4, "E06000002": None, "E06000003": 4000.0, "E06000004": None}


@dataclass(frozen=True)
class World:
    """What a test wants of the database."""

    synthetic: bool = False
    exploratory: str | None = WHY_EXPLORATORY
    stopped: str | None = None
    empty: bool = False
    mde: float | None = None
    verdict: str = "not supported"
    framework_sha256: str = field(default_factory=lambda: framework().hash)
    failing: bool = False
    claim_exploratory: str | None = None
    calibrated: int | None = READINGS


def _common(world: World) -> Row:
    return {
        "run_id": "run-1",
        "spec_id": SPEC,
        "outcome": "delayed_days_rate",
        "is_primary": True,
        "exploratory": world.exploratory,
        "n_rows": 0 if world.empty else 6,
        "n_localities": 0 if world.empty else 3,
        "n_authorities": 0 if world.empty else 3,
        "years": "2012-2013",
    }


FITS = [
    BlockFit("composite", "controls", 0, 0.25, 0.0, 0.24, 0.17, 0.16, 0.0),
    BlockFit(
        "composite", "leadership", 1, 0.2525, 0.0025, 0.24, 0.168, 0.151, 0.0, 0.01, -0.0131, 0.0129
    ),
    BlockFit("composite", "budgets", 1, 0.2538, 0.0038, 0.24, 0.18, 0.148, 0.0),
    BlockFit("composite", "leadership+budgets", 2, 0.258, 0.008, 0.24, 0.181, None, 0.0),
    BlockFit("indicators", "controls", 0, 0.25, 0.0, 0.24, 0.17, 0.16, 10.0),
    BlockFit("indicators", "leadership", 0.4, 0.2516, 0.0016, 0.24, 0.1701, 0.157, 10.0),
    BlockFit("indicators", "budgets", 0.2, 0.252, 0.002, 0.24, 0.167, 0.165, 10.0),
    BlockFit("indicators", "leadership+budgets", 0.6, 0.2537, 0.0037, 0.24, 0.168, 0.163, 10.0),
]
JACKKNIFE = "bias-corrected jackknife-t, delete-one-dominant-trust"
BOOTSTRAP = "percentile bootstrap, 1999 draws of authorities"
HELD_OUT = "t over authorities' loss differences, leave-one-authority-out"
AHEAD = "none: the steps share their training years"
CONTRASTS = [
    row
    for name, lead in (("composite", -0.0013), ("indicators", -0.00004))
    for row in (
        BlockContrast(name, "delta", lead, 0.0, 0.01, -0.0246, 0.0237, JACKKNIFE, 0.52, True),
        BlockContrast(name, "delta", lead, 0.0, 0.01, -0.0286, 0.0177, BOOTSTRAP, 0.57, False),
        BlockContrast(name, "delta_cv", -0.011, None, 0.02, -0.0434, 0.0214, HELD_OUT, 0.75, True),
        BlockContrast(name, "delta_forward", 0.0028, None, None, None, None, AHEAD, None, True),
    )
]
IMPORTANCE = [
    Importance(
        name,
        level,
        part,
        0.0025,
        0.0042,
        0.0034,
        0.0034,
        *[0.01, -0.013, 0.0133] * 2,
        *[-0.12, -0.2, -0.04],
    )
    for name in ("composite", "indicators")
    for level, part in (
        ("superblock", "H"),
        ("superblock", "B"),
        ("block", "leadership"),
        ("block", "budgets"),
    )
]
MODEL_TESTS = [ModelTest("composite", "nested F", "H given B", 1.47, 1.0, 62.0, 0.2298, "CR2, HTZ")]


SPLIT = VarianceSplit(11.6, 43.7, 3.5, 0.2, 0.79, 0.61, 1.0, "profile of the restricted likelihood")
EFFECTS = "authority x year fixed effects"
WITHIN = [
    WithinEffect(
        "composite", EFFECTS, "H", -0.047, 0.1, 14.8, 0.67, 0.0011, 0.0104, "trajectory", 199, 0.662
    ),
    WithinEffect(
        "indicators",
        EFFECTS,
        "H",
        *(0.07, 0.04, 4.3, 0.18, 0.0, 0.059),
        perm_unit="trajectory",
        n_perm=199,
        p_perm=0.7145,
        p_by_trust=0.8102,
        p_wild=0.2725,
    ),
    WithinEffect(
        "composite", "conditional logit, authority x year strata", "H", -0.27, 0.24, p=0.253
    ),
    WithinEffect(
        "composite", "discordant sets", "adopters less others", -0.087, 0.118, 20.0, p_perm=0.7575
    ),
]
SETS = [
    DiscordantSet(0, 2016, 3, 1, 0.5, 0.2, 0.3, 0.4, -0.5, 1.1, (0,)),
    DiscordantSet(0, 2017, 3, 2, -1.0, 0.6, -1.6, 0.4, -2.4, -0.8, (1, 2)),
]
CHECKS: list[tuple[str | float | bool | None, ...]] = [
    ("leave one source out", "without delayed_transfers", 0.01, -0.02, 0.04, None, True, None),
    ("leave one authority out", "lowest: without E06000001", -0.02, None, None, None, False, None),
    ("placebo", "none", None, None, None, None, None, "no placebo outcome"),
    ("multiverse", "share of specifications", 0.75, 0.5, 0.9, 0.4, False, None),
    ("multiverse", "median lead, 4 specifications", 0.005, -0.03, 0.028, 0.4, None, None),
]
LEADS = {
    ("composite", "all"): -0.02,
    ("composite", "without deprivation"): 0.004,
    ("indicators", "all"): 0.006,
    ("indicators", "without deprivation"): 0.03,
}
"""Leads of the multiverse, by composition and controls."""


def _stability() -> dict[str, list[Row]]:
    """The checks and the multiverse of the councils' panel."""
    names = ("kind", "detail", "estimate", "ci_low", "ci_high", "p", "passes", "why_not")
    checks: list[Row] = [{"part": "between"} | dict(zip(names, row, strict=True)) for row in CHECKS]
    inside = ("outliers", "values drawn in", 0.31, None, None, 0.01, True, None)
    checks.append({"part": "within"} | dict(zip(names, inside, strict=True)))
    specifications = [
        {
            "composition": composition,
            "controls": controls,
            "sample": "all",
            "coverage": "0.5",
            "missing": "0.9",
            "lags": "1",
            "spec_n_rows": 6,
            "delta": lead,
            "ci_low": lead - 0.01,
            "ci_high": lead + 0.01,
            "beta_w": None,
        }
        for (composition, controls), lead in LEADS.items()
    ]
    return {"robustness": checks, "multiverse": specifications}


def _studies() -> list[Row]:
    row = {
        "study": "Walker & Sons 2001",
        "units": "86 trusts",
        "predictor": "leadership",
        "published_outcome": "rating",
        "metric": "correlation",
        "our_estimate": 0.05,
        "our_metric": "partial correlation",
        "comparable": "no",
        "why": "another outcome",
    }
    return [row | {"effect": 0.42}, row | {"predictor": "a plan", "effect": None}]


def _districts(world: World) -> dict[str, list[Row]]:
    """Everything on the panel of districts, which cannot be compared between authorities."""
    common = _common(world) | {
        "spec_id": DISTRICTS,
        "outcome": "dementia_diagnosis_rate",
        "exploratory": None,
        "n_localities": 3,
        "n_authorities": 1,
        "years": "2016-2017",
    }
    codes = list(PARTS)
    sets = [
        asdict(row)
        | {
            "authority": COUNTY[0],
            "adopters": ", ".join(codes[one] for one in row.adopters),
        }
        for row in SETS
    ]
    text = "These data cannot tell whether leadership goes with a better outcome."
    verdicts = [
        Verdict(name, part, "inconclusive", rule, False, value, threshold, text)
        for name in ("composite", "indicators")
        for part, rule, value, threshold in (("within", "w_star_low_above_min", 0.61, 0.2),)
    ]
    verdicts += [
        Verdict("both", "within", "inconclusive", "compositions_same_sign", True, 1.0, 1.0, text),
        Verdict("both", "overall", "inconclusive", "within_supported", False, None, None, text),
    ]
    powers = [
        {"part": "within"} | asdict(Power("composite", "design", size, 0.5, 0.2, 0.3, 0.041))
        for size in (0.0, 0.02)
    ]
    panel = [
        {
            "locality": code,
            "authority": COUNTY[0],
            "year": year,
            "enters_between": True,
            "enters_within": True,
            "outcome_polarised": 1.0,
            "dominant_trust": "R0A",
            "leadership": 0.1,
        }
        for code in codes
        for year in (2016, 2017)
    ]
    made: dict[str, list[Row]] = {
        "panel": panel,
        "variance_split": [asdict(SPLIT)],
        "within_effect": [asdict(row) for row in WITHIN],
        "discordant_sets": sets,
        "power": powers,
        "verdict": [asdict(row) for row in verdicts],
    }
    return {name: [common | row for row in rows] for name, rows in made.items()}


def _claim(world: World) -> list[Row]:
    row = Verdict(
        "both",
        "overall",
        "inconclusive",
        "holm_p_below_alpha",
        False,
        0.62,
        0.05,
        f"{CLAIM} By panel: a list.",
    )
    return [
        {
            "spec_id": "all_panels",
            "is_primary": True,
            "exploratory": world.claim_exploratory,
        }
        | asdict(row)
    ]


def _verdicts(world: World) -> list[Verdict]:
    text = f"{SENTENCE} {MORE}"
    rows = [
        Verdict(name, "between", world.verdict, rule, passed, value, threshold, text)
        for name in ("composite", "indicators")
        for rule, passed, value, threshold in (
            ("ci_low_above_zero", False, -0.0246, 0.0),
            ("loao_p_below_alpha", False, 0.7484, 0.05),
            ("upper_bound_below_equivalence", True, 0.0197, 0.05),
        )
    ]
    sign = Verdict(
        "both", "between", world.verdict, "compositions_same_sign", True, -0.1, -0.2, text
    )
    return [*rows, sign]


def _evidence(world: World) -> list[Table]:
    declared = framework()
    common = _common(world)
    spec = common | {
        "title": "Councils and delayed transfers",
        "claim": declared.claim,
        "lag": 1,
        "controls": "deprivation, rural_share, council_class, year",
        "composite_rule": "z-mean a block",
        "missing_rule": "complete cases",
        "sample": "councils with social care: 8; with the outcome 1 year later: 6",
        "indicators": "leadership: communicates; budgets: trust_income",
        "thresholds": json.dumps(asdict(declared.test)),
        "frozen_hash": declared.hash,
        "stopped": world.stopped,
        "stopped_within": None,
    }
    tables: dict[str, list[Row]] = {"analysis_spec": [spec]}
    if world.stopped is None:
        tables["analysis_spec"].append(
            spec
            | {
                "spec_id": DISTRICTS,
                "outcome": "dementia_diagnosis_rate",
                "exploratory": None,
                "title": "Districts and dementia",
                "stopped": "no measure of plans",
                "n_localities": 3,
                "n_authorities": 1,
                "years": "2016-2017",
            }
        )
    if not world.empty:
        tables["panel"] = [
            common
            | {
                "locality": code,
                "authority": code,
                "year": year,
                "enters_between": True,
                "enters_within": False,
                "outcome_polarised": -1.0,
                "dominant_trust": "R0A",
                "leadership": z,
                "budgets": -z,
            }
            for code, (_, _, z) in COUNCILS.items()
            for year in YEARS
        ]
        tables["measure_quality"] = [
            common
            | {
                "indicator": "communicates",
                "block": "leadership",
                "level": "trust",
                "reliability": 0.9426,
                "coverage_min": 0.51,
                "coverage_median": 0.98,
                "n_effective_median": 2.14,
            }
        ]
    if world.stopped is None:
        powers = [
            Power("composite", "design", lead, found, 0.1, 0.9 - found, world.mde)
            for lead, found in ((0.0, 0.002), (0.06, 0.054), (0.25, 0.554))
        ]
        made: dict[str, Sequence[Any]] = {
            "block_fit": FITS,
            "block_contrast": CONTRASTS,
            "importance": IMPORTANCE,
            "model_tests": MODEL_TESTS,
            "power": powers,
            "verdict": _verdicts(world),
        }
        tables |= {name: [common | asdict(row) for row in rows] for name, rows in made.items()}
        tables["power"] = [row | {"part": "between"} for row in tables["power"]]
        shown = _stability() | {"published_comparison": _studies()}
        tables |= {name: [common | row for row in rows] for name, rows in shown.items()}
        for name, rows in _districts(world).items():
            tables.setdefault(name, []).extend(rows)
        tables["verdict"] += _claim(world)
    return [
        Table("evidence", name, pl.DataFrame(rows, infer_schema_length=None), name)
        for name, rows in tables.items()
    ]


def _locality() -> list[Table]:
    everyone = {code: (name, region) for code, (name, region, _) in COUNCILS.items()} | LOST
    similar = ",".join(everyone)
    blank = dict.fromkeys(
        ("county_areacd", "start_date", "end_date", "predecessors", "successors", "former_codes")
    )
    places = [
        blank
        | {
            "areacd": code,
            "areanm": name,
            "tier": "unitary",
            "council_class": "unitary authority",
            "region": region,
            "comparators": similar,
        }
        for code, (name, region) in everyone.items()
    ]
    places += [
        blank
        | {
            "areacd": code,
            "areanm": name,
            "tier": "upper" if code == COUNTY[0] else "lower",
            "council_class": "shire county" if code == COUNTY[0] else "shire district",
            "region": None,
            "comparators": None,
        }
        for code, name in [COUNTY, *PARTS.items()]
    ]
    long = [
        {
            "areacd": code,
            "year": year,
            "indicator": indicator,
            "value": value,
            "status": status,
            "coverage": coverage,
            "n_effective": effective,
            "sampling_variance": None,
            "respondents": None,
            "reference_year": year,
        }
        for code in everyone
        for year in range(2012, LAST_OUTCOME + 1)
        for indicator, value, status, coverage, effective in (
            (
                "delayed_days_rate",
                OUTCOMES[code],
                "ok" if OUTCOMES[code] is not None else "c" if code in COUNCILS else "x",
                None,
                None,
            ),
            ("communicates", 3.2, "ok", 0.87, 2.3),
        )
    ]
    wide = [
        {
            "areacd": code,
            "year": year,
            "areanm": name,
            "council_class": "unitary authority",
            "region": region,
            "delayed_days_rate": OUTCOMES[code] if code in LOST else 1.0,
            "delayed_days_rate__status": "c",
            "deprivation": 20.0,
            "deprivation__status": "ok",
            "rural_share": None if code in LOST and year == 2012 else 0.1,
            "rural_share__status": "x",
            "communicates": 3.2,
            "communicates__status": "ok",
            "communicates__coverage": 0.87,
            "trust_income": 12.0,
        }
        for code, (name, region) in everyone.items()
        for year in range(2012, LAST_OUTCOME + 1)
    ]
    population = [
        {
            "areacd": code,
            "year": year,
            "persons": 1.0e5,
            "aged_18_plus": 8.0e4,
            "aged_65_plus": 2.0e4,
            "population_year": 2013,
        }
        for code in everyone
        for year in YEARS
    ]
    return [
        Table("locality", name, pl.DataFrame(rows, infer_schema_length=None), name)
        for name, rows in {
            "place": places,
            "indicator_place": long,
            "authority_year": wide,
            "population": population,
        }.items()
    ]


def _meta(world: World) -> list[Table]:
    run = {
        "run_id": "run-1",
        "version": "20260102T030405Z-run-1",
        "edition": "test",
        "title": "Testland",
        "synthetic": world.synthetic,
        "built_at": "2026-01-02T03:04:05+00:00",
        "framework_sha256": world.framework_sha256,
        "framework_registered": True,
        "packages": "rapport 0.1.0",
    }
    indicators = [asdict(one) for one in framework().indicators.values()]
    coverage = [
        {
            "spec_id": SPEC,
            "block": block,
            "words": "some words",
            "indicator": name,
            "title": f"Title of {name}",
            "source": "delayed_transfers",
            "measured_share": 1.0 if used else 0.17,
            "used": used and not world.empty,
            "why_not": None if used else "measured on 17% of the rows",
        }
        for block, name, used in (
            ("leadership", "communicates", True),
            ("plans", "planned_adult_social_care", False),
            ("budgets", "trust_income", True),
        )
    ]
    source = {
        "source": "delayed_transfers",
        "title": "Delayed transfers",
        "publisher": "NHS England",
        "licence": "OGL v3.0",
        "attribution": "Contains NHS England data.",
        "provenance": "original",
        "about": "Days.",
        "files": 2,
        "switched_off": False,
        "why_switched_off": None,
    }
    warning = {"source": "delayed_transfers", "usage_warning": "revised", "meaning": "Revised."}
    correction = {
        "source": "delayed_transfers",
        "matches": "{'areacd': 'E06000001'}",
        "column": "value",
        "published": None,
        "corrected": "15233.0",
        "rows": 1,
        "why": "It was in millions.",
        "evidence": "Magnitude.",
    }
    checks = [
        {
            "layer": "tidy",
            "table": "delayed_transfers",
            "category": "keys",
            "expectation": "unique",
            "column": "value",
            "severity": "critical",
            "passed": passed,
            "failing": None if passed else 3,
            "message": "" if passed else "Three rows twice.",
        }
        for passed in (True, not world.failing)
    ]
    reconciliation = [
        {
            "source": "delayed_transfers",
            "check": "England = sum",
            "period": period,
            "area": "E92000001",
            "published": 10.0,
            "computed": computed,
            "difference": None,
            "tolerance": 0.5,
            "agrees": None if computed is None else True,
            "explained": None,
            "settled": None if computed is None else True,
        }
        for period, computed in (("2012-13", 10.0), ("2013-14", None))
    ]
    dictionary = [
        {"layer": "status", "table": name, "column": "", "type": "", "meaning": meaning}
        for name, meaning in STATUS.items()
    ]
    made: dict[str, list[Row]] = {
        "run": [run],
        "indicator": indicators,
        "construct_coverage": coverage,
        "source": [source],
        "usage_warning": [warning],
        "correction": [correction],
        "check_results": checks,
        "reconciliation": reconciliation,
        "dictionary": dictionary,
    }
    return [
        Table("meta", name, pl.DataFrame(rows, infer_schema_length=None), name)
        for name, rows in made.items()
    ]


def database(folder: Path, world: World) -> Path:
    """A database file of such a world."""
    register = pl.DataFrame(
        {"vintage": ["2017"], "org_code": ["R0A"], "org_name": ["ST MARY'S OF THE ISLE NHS TRUST"]}
    )
    return build(
        folder / "database",
        [
            *_evidence(world),
            *_locality(),
            *_meta(world),
            Table("tidy", "trust_register", register, "register"),
        ],
    )


class Page(HTMLParser):
    """A page taken apart: its tags, and the text of every tag by name.

    Attributes:
        html: the page as written.
        tags: every opening tag with its attributes, in order.
        tables: rows of cell texts, by caption.
    """

    VOID = frozenset({"meta", "img", "source", "br", "link", "line", "circle", "hr", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[tuple[str, list[str]]] = []
        self._texts: dict[str, list[str]] = {}
        self._rows: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        if tag not in self.VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        opened, parts = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = " ".join("".join(parts).split())
        self._texts.setdefault(tag, []).append(text)
        if tag in ("td", "th"):
            self._rows[-1].append(text)
        elif tag == "table":
            self.tables[self._texts["caption"][-1]] = self._rows

    def handle_data(self, data: str) -> None:
        for tag, parts in self._open:
            if tag not in ("head",):
                parts.append(data)

    def texts(self, tag: str) -> list[str]:
        """The text of every element of this name, in order of their ends."""
        return self._texts.get(tag, [])

    @property
    def text(self) -> str:
        """All that a reader reads."""
        return self.texts("body")[0]

    def table(self, start: str) -> dict[str, list[str]]:
        """The rows of the first table whose caption starts so, by their first cell."""
        rows = next(rows for caption, rows in self.tables.items() if caption.startswith(start))
        return {row[0]: row[1:] for row in rows}

    def each(self, *names: str) -> list[tuple[str, dict[str, str]]]:
        """Opening tags of these names."""
        return [(tag, attributes) for tag, attributes in self.tags if tag in names]


CALIBRATION = """\
design,role,part,composition,worlds,truth,delta_of_effects,supported,not_supported,inconclusive,\
depends,error_supported,mean_estimate,covered,size_met,coverage_met
nothing,null,between,both,400,,0.0,0.0025,0.845,0.0,0.1525,0.0025,,,true,
equal,null,overall,both,400,,0.0,0.035,0.27,0.57,0.125,0.009,,,true,
between_only,lead,within,both,400,,0.16,0.0,0.0,0.0,0.0,0.0,,,true,
lead_of_5,lead,between,indicators,400,0.05,0.05,0.36,0.12,0.52,0.0,0.024,0.038,0.8925,,false
lead_of_5,lead,between,composite,400,0.05,0.05,0.36,0.12,0.52,0.0,0.024,0.038,0.955,,true
"""


class Site:
    """The report of a world: its pages by their path, each taken apart once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
        self._pages: dict[str, Page] = {}

    def page(self, path: str) -> Page:
        """One page."""
        if path not in self._pages:
            self._pages[path] = Page((self.folder / path).read_text(encoding="utf-8"))
        return self._pages[path]

    @property
    def front(self) -> Page:
        """The front page."""
        return self.page("index.html")

    @property
    def panel(self) -> Page:
        """The page of the councils' panel."""
        return self.page(f"panels/{SPEC}.html")

    @property
    def districts(self) -> Page:
        """The page of the districts' panel."""
        return self.page(f"panels/{DISTRICTS}.html")


Made = Callable[[World], Site]
DOCUMENTED = {
    "tidy.delayed_transfers": [
        {
            "category": "values",
            "severity": "critical",
            "passed": passed,
            "asks": f"{HOSTILE} is within bounds",
            "message": "" if passed else f"2 rows: {HOSTILE}",
            "observed": "98%",
            "words": "values must be at most 5.",
        }
        for passed in (True, False)
    ],
    "tidy.trust_register": [],
}
"""Rows of Data Docs, as a run keeps them; a table that was not checked has none."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The report of a world; each is built once."""
    sites: dict[World, Site] = {}

    def of(world: World) -> Site:
        if world not in sites:
            folder = tmp_path_factory.mktemp("report")
            recorded = folder / "calibration.csv"
            if world.calibrated is not None:
                rows = pl.read_csv(io.StringIO(CALIBRATION))
                rows.with_columns(readings=pl.lit(world.calibrated)).write_csv(recorded)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    "pipeline.report.build.calibration", lambda: calibration.calibration(recorded)
                )
                pages = write(database(folder, world), folder / "report", DOCUMENTED)
            sites[world] = Site(folder / "report")
            assert len(sites[world].paths) == pages
        return sites[world]

    return of


@pytest.fixture(scope="session")
def site(made: Made) -> Site:
    """The report of the usual world."""
    return made(World())


@pytest.fixture(scope="session")
def page(site: Site) -> Page:
    """The page of the councils' panel in the usual world."""
    return site.panel
