"""Codes of places and of NHS bodies: which ones are known in some vintage."""

from datetime import date

import polars as pl

from pipeline.edition import Edition, reference
from pipeline.reading.published import EXAMPLES, SourceError
from pipeline.reading.source import Source

ABOVE_COUNCILS = ("E11", "E12", "E13", "E92")
"""Prefixes of metropolitan counties, regions, parts of London and England."""

BODIES = {
    "trust_register": ("org_code",),
    "nhs_provider": ("org_code",),
    "gp_practice_map": ("ccg_org_code", "stp_org_code"),
    "lsoa_icb": ("icb_code", "icb_org_code", "sub_icb_org_code"),
    "trust_succession": ("org_code", "successor_code"),
}
"""Lists of NHS bodies, and their columns of codes: trusts, commissioners, boards."""
FIRST_FIGURES = date(2010, 1, 1)
"""Figures of NHS bodies begin after this day: what was succeeded before it is in none."""


def known_bodies(edition: Edition) -> set[str]:
    """Every code of an NHS body that a list knows, of 2010 or later.

    That is the registers of trusts and of commissioners and boards; what succeeded another body or
    was succeeded since; and what is declared in ``data/reference``, each with its reason.
    """
    succession = edition.read("tidy", "trust_succession")
    ended = set(succession.filter(pl.col("date") < FIRST_FIGURES)["org_code"])
    known = set(succession["successor_code"]) - ended
    known |= set(succession.filter(pl.col("date") >= FIRST_FIGURES)["org_code"])
    for name in ("trust_succession_additions", "trust_code_additions"):
        known |= set(reference(name)["org_code"])
    for name, columns in BODIES.items():
        if name != "trust_succession":
            table = edition.read("tidy", name)
            known = known.union(*(table[column] for column in columns))
    return known - {None}


def body_column(source: Source) -> str | None:
    """The column with a source's codes of NHS bodies; None where it has none, or is such a list."""
    if source.name in BODIES:
        return None
    return next((one for one in ("org_code", "icb_code") if one in source.columns), None)


def known_codes(registry: pl.DataFrame) -> set[str]:
    """Every ONS code that the register of councils or its additions know, present and former."""
    former = registry["former_areacds"].drop_nulls().str.split(",").explode().str.strip_chars()
    added = reference("council_code_additions").filter(pl.col("kind") == "areacd")
    known = set(registry["areacd"].drop_nulls()) | set(former)
    return known | set(added.filter(pl.col("areacd").is_in(known))["code"])


def refuse_unknown(source: Source, table: pl.DataFrame, registry: pl.DataFrame) -> None:
    """Stop a source that has a council code which no vintage knows.

    A row passes when its ONS code is known; when it has none, its local code (E-code, Department
    of Health code, adult social care code) must be the register's or stand beside a known ONS
    code elsewhere in the same table.

    Raises:
        SourceError: some codes are unknown; the first rows are named.
    """
    if source.area is None or source.area[1] not in ("council", "district"):
        return
    kind, _ = source.area
    rows = table
    if "area_type" in table.columns:
        rows = rows.filter(pl.col("area_type") == "council")
    known = known_codes(registry)
    ons_known = pl.col("areacd").is_in(known) | pl.col("areacd").str.slice(0, 3).is_in(
        ABOVE_COUNCILS
    )
    unknown = rows.filter(pl.col("areacd").is_not_null() & ~ons_known)
    if kind != "areacd":
        local = set(rows.filter(ons_known)[kind].unique())
        added = reference("council_code_additions").filter(pl.col("kind") == kind)
        local |= set(added["code"])
        if kind == "ecode":
            local |= set(registry["ecode"].drop_nulls())
        unknown = pl.concat(
            [unknown, rows.filter(pl.col("areacd").is_null() & ~pl.col(kind).is_in(local))]
        )
    if unknown.height:
        first = unknown.row(0, named=True)
        label = "areacd" if first["areacd"] is not None else kind
        codes = unknown.select(pl.coalesce("areacd", kind)).to_series().unique(maintain_order=True)
        raise SourceError(
            f"{len(codes)} council codes that no vintage knows: "
            f"{', '.join(codes.to_list()[:EXAMPLES])} ({unknown.height} rows)",
            file=first["file"],
            row=first["row"],
            column=label,
            todo="If the council is new, bring the register of councils up to date; if the code "
            "is a publisher's error, declare a correction in data/corrections.toml.",
        )
