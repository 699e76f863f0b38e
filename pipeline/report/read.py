"""Reading the database of a run: whole small tables, and queries where a table is large."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipeline.report.wording import joined, words

Row = dict[str, Any]
RESULTS = (
    "block_fit",
    "block_contrast",
    "importance",
    "measure_quality",
    "model_tests",
    "power",
    "verdict",
)
"""Evidence tables that an analysis reads whole."""


class Reader:
    """One open database. A table that the file does not hold reads as empty."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        found = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        self._tables = {f"{schema}.{table}" for schema, table in found}

    def has(self, *tables: str) -> bool:
        """Whether the file holds all of these, named ``schema.table``."""
        return self._tables.issuperset(tables)

    def frame(self, table: str) -> pl.DataFrame:
        """A whole table, without columns where it does not exist."""
        return self._connection.table(table).pl() if self.has(table) else pl.DataFrame()

    def rows(self, table: str) -> list[Row]:
        """A whole table as rows."""
        return self.frame(table).to_dicts()

    def query(self, sql: str, needs: Sequence[str], parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, none where a table it needs does not exist."""
        if not self.has(*needs):
            return []
        found: list[Row] = self._connection.sql(sql, params=list(parameters)).pl().to_dicts()
        return found


@dataclass(frozen=True)
class Analysis:
    """One analysis of the file, as its tables have it.

    Attributes:
        spec: its row of ``evidence.analysis_spec``.
        settings: thresholds it was held to.
        results: rows of each evidence table.
        coverage: rows of ``meta.construct_coverage``.
        panel: rows of ``evidence.panel``.
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

    def lead(self, composition: str) -> Row | None:
        """The row of the estimated lead that the rule reads."""
        for row in self.of("block_contrast", composition):
            if row["estimand"] == "delta" and row["headline"]:
                return row
        return None


def analyses(reader: Reader) -> list[Analysis]:
    """Every analysis in the file, primary ones first."""
    specs = sorted(reader.rows("evidence.analysis_spec"), key=lambda row: not row["is_primary"])
    results = {name: reader.rows(f"evidence.{name}") for name in RESULTS}
    coverage = reader.rows("meta.construct_coverage")
    panel = reader.frame("evidence.panel")
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
