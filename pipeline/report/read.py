"""Reading the database of a run: whole small tables, and queries where a table is large."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import polars as pl

from pipeline.report.wording import joined, organisation, short, words
from pipeline.study.results import ALL_PANELS

Row = dict[str, Any]
RESULTS = (
    "block_fit",
    "block_contrast",
    "discordant_sets",
    "importance",
    "measure_quality",
    "model_tests",
    "multiverse",
    "power",
    "published_comparison",
    "robustness",
    "variance_split",
    "verdict",
    "within_effect",
)
"""Evidence tables that an analysis reads whole."""
BOTH = "both"
BETWEEN, WITHIN, OVERALL = "between", "within", "overall"
FIXED_EFFECTS = "authority x year fixed effects"
"""The model whose slope within authorities the rule reads."""

PLACES = "SELECT areacd AS code, areanm AS name FROM locality.place"
TRUSTS = """
SELECT org_code AS code, arg_max(org_name, vintage) AS name
FROM tidy.trust_register
GROUP BY ALL
"""
LOCAL = """
SELECT ecode AS code, arg_max(areanm, period) AS name
FROM tidy.revenue_outturn
GROUP BY ALL
"""
"""Councils by the code of their own that returns of spending use."""
BOARDS = "SELECT icb_code AS code, max(icb_name) AS name FROM tidy.lsoa_icb GROUP BY ALL"


class Reader:
    """One open database. A table that the file does not hold reads as empty.

    Whole tables and queries without parameters are read once and kept: many pages ask the same.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._kept: dict[str, list[Row]] = {}
        found = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        self._tables = {f"{schema}.{table}" for schema, table in found}

    def has(self, *tables: str) -> bool:
        """Whether the file holds all of these, named ``schema.table``."""
        return self._tables.issuperset(tables)

    def frame(self, table: str, columns: Collection[str] | None = None) -> pl.DataFrame:
        """A whole table, or those of some columns that it has; without any where there is none."""
        if not self.has(table):
            return pl.DataFrame()
        held = self._connection.table(table)
        if columns is not None:
            held = held.select(*(name for name in held.columns if name in columns))
        frame: pl.DataFrame = held.pl()
        return frame

    def rows(self, table: str) -> list[Row]:
        """A whole table as rows."""
        if table not in self._kept:
            self._kept[table] = self.frame(table).to_dicts()
        return self._kept[table]

    def query(self, sql: str, needs: Sequence[str], parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, none where a table it needs does not exist."""
        if not self.has(*needs):
            return []
        if not parameters and sql in self._kept:
            return self._kept[sql]
        found: list[Row] = self._connection.sql(sql, params=list(parameters)).pl().to_dicts()
        if not parameters:
            self._kept[sql] = found
        return found

    def of_source(self, source: str, sql: str, needs: Sequence[str]) -> list[Row]:
        """Those rows of a query that are about one source."""
        return [row for row in self.query(sql, needs) if row["source"] == source]


class Names:
    """Names of councils, trusts and integrated care boards by their codes."""

    def __init__(self, reader: Reader) -> None:
        self._names: dict[str, str] = {}
        for query, table in (
            (LOCAL, "tidy.revenue_outturn"),
            (BOARDS, "tidy.lsoa_icb"),
            (TRUSTS, "tidy.trust_register"),
            (PLACES, "locality.place"),
        ):
            self._names |= {
                row["code"]: organisation(row["name"])
                for row in reader.query(query, [table])
                if row["name"]
            }

    def of(self, code: str) -> str:
        """The name, or the code where there is none."""
        return self._names.get(code, code)


@dataclass(frozen=True)
class Nouns:
    """What the places of a panel are called, and what is above them."""

    place: str
    places: str
    authority: str
    authorities: str


COUNCILS = Nouns("council", "councils", "council", "councils")
ANY = Nouns("place", "places", "authority", "authorities")


@dataclass(frozen=True)
class Claim:
    """The verdict over all primary panels.

    Attributes:
        rules: its criteria.
    """

    verdict: str
    sentence: str
    exploratory: str | None
    rules: Sequence[Row]


@dataclass(frozen=True)
class Analysis:
    """One analysis of the file, as its tables have it.

    Attributes:
        spec: its row of ``evidence.analysis_spec``.
        settings: thresholds it was held to.
        results: rows of each evidence table.
        coverage: rows of ``meta.construct_coverage``.
        panel: rows of ``evidence.panel`` that are compared between authorities.
        outcome: the outcome's row of ``meta.indicator``.
    """

    spec: Row
    settings: Mapping[str, Any]
    results: Mapping[str, Sequence[Row]]
    coverage: Sequence[Row]
    panel: pl.DataFrame
    outcome: Row

    @property
    def lag(self) -> int:
        """Years from the predictors to the outcome."""
        return int(self.spec["lag"])

    @property
    def between(self) -> Mapping[str, Any]:
        """Settings of the comparison between councils."""
        part: Mapping[str, Any] = self.settings["between"]
        return part

    @property
    def inside(self) -> Mapping[str, Any]:
        """Settings of the comparison within authorities."""
        part: Mapping[str, Any] = self.settings["within"]
        return part

    @property
    def name(self) -> str:
        """The short name."""
        return short(self.spec["spec_id"])

    @property
    def page(self) -> str:
        """Address of its page, from the report's folder."""
        return f"panels/{self.spec['spec_id']}.html"

    @property
    def has_localities(self) -> bool:
        """Whether several places share one authority's plan and budget."""
        return bool(self.spec.get("stopped_within") or self.results["within_effect"])

    @cached_property
    def nouns(self) -> Nouns:
        """What its places are called, by the kind of their codes."""
        if not self.panel.height:
            return ANY if self.has_localities else COUNCILS
        row = self.panel.row(0, named=True)
        if not self.has_localities:
            return COUNCILS
        place = (
            ("trust", "trusts") if len(row["areacd"]) == TRUST_CODE else ("district", "districts")
        )
        board = str(row["authority"]).startswith(BOARD_CODE)
        above = ("board", "boards") if board else ("council", "councils")
        return Nouns(*place, *above)

    @property
    def better(self) -> str:
        """Whether a lower or a higher outcome is better."""
        return "lower" if self.outcome["polarity"] < 0 else "higher"

    @property
    def level(self) -> str:
        """The confidence level, such as "95%"."""
        return f"{100 * self.between['confidence']:g}%"

    @property
    def compositions(self) -> list[str]:
        """The ways in which indicators were put together, in the file's order."""
        return list(dict.fromkeys(row["composition"] for row in self.results["block_fit"]))

    @property
    def used_blocks(self) -> list[str]:
        """Groups of indicators with a measure in this analysis, in the framework's order."""
        return list(dict.fromkeys(row["block"] for row in self.coverage if row["used"]))

    @property
    def sides(self) -> tuple[str, str]:
        """Both sides of the claim as running text, by the groups declared for them."""
        first, second = self.between["h_blocks"], self.between["b_blocks"]
        return joined([words(name) for name in first]), joined([words(name) for name in second])

    @property
    def measured_sides(self) -> tuple[str, str]:
        """Both sides by the groups that are measured; empty text for a side without any."""
        used = set(self.used_blocks)
        first, second = (
            joined([words(name) for name in self.between[side] if name in used])
            for side in ("h_blocks", "b_blocks")
        )
        return first, second

    def of(self, table: str, composition: str) -> list[Row]:
        """Rows of one evidence table and composition."""
        return [row for row in self.results[table] if row["composition"] == composition]

    def criteria(self, part: str, composition: str) -> list[Row]:
        """The rule's rows for one part of the verdict."""
        return [row for row in self.of("verdict", composition) if row["part"] == part]

    def verdict(self, part: str) -> Row | None:
        """The verdict of one part, both compositions together."""
        return next(iter(self.criteria(part, BOTH)), None)

    def powers(self, part: str) -> list[Row]:
        """How often the rule would say what, for one part: of both compositions where simulated."""
        own = [row for row in self.results["power"] if row["part"] == part]
        return [row for row in own if row["composition"] == BOTH] or own

    @property
    def one_year(self) -> bool:
        """Whether there is no later year to predict, which "supported" between asks for."""
        rows = [r for r in self.results["verdict"] if r["rule_id"] == "forward_lead_positive"]
        return bool(rows) and all(row["value"] is None for row in rows)

    def tracked(self, composition: str) -> Row | None:
        """The slope within authorities that the rule reads."""
        rows = self.of("within_effect", composition)
        return next((row for row in rows if row["model"] == FIXED_EFFECTS), None)

    def lead(self, composition: str) -> Row | None:
        """The row of the estimated lead that the rule reads."""
        for row in self.of("block_contrast", composition):
            if row["estimand"] == "delta" and row["headline"]:
                return row
        return None


TRUST_CODE = 3
"""Characters of a trust's code; councils have nine."""
BOARD_CODE = "E54"
"""How the code of an integrated care board begins."""


def claim(reader: Reader) -> Claim | None:
    """The verdict on the claim as a whole, None where the file has none."""
    rows = [row for row in reader.rows("evidence.verdict") if row["spec_id"] == ALL_PANELS]
    if not rows:
        return None
    row = rows[0]
    return Claim(row["verdict"], row["sentence"], row["exploratory"], rows)


def analyses(reader: Reader) -> list[Analysis]:
    """Every analysis in the file, primary ones first."""
    specs = sorted(reader.rows("evidence.analysis_spec"), key=lambda row: not row["is_primary"])
    results = {name: reader.rows(f"evidence.{name}") for name in RESULTS}
    coverage = reader.rows("meta.construct_coverage")
    panel = reader.frame("evidence.panel")
    if panel.width:
        panel = panel.filter("enters_between").rename({"locality": "areacd"})
    indicators = {row["name"]: row for row in reader.rows("meta.indicator")}
    made = []
    for spec in specs:
        name = spec["spec_id"]
        made.append(
            Analysis(
                spec=spec,
                settings=json.loads(spec["thresholds"]),
                results={
                    table: [row for row in rows if row["spec_id"] == name]
                    for table, rows in results.items()
                },
                coverage=[row for row in coverage if row["spec_id"] == name],
                panel=panel.filter(pl.col("spec_id") == name) if panel.width else panel,
                outcome=indicators[spec["outcome"]],
            )
        )
    return made
