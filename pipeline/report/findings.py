"""What was found on the real data, for the README: words, tables and a picture of one database.

`make findings` writes them into README.md and docs/ from the published database of England.
"""

import base64
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.edition import ENGLAND, PROJECT
from pipeline.evidence.verdict import DEPENDS, SUPPORTED
from pipeline.report import front
from pipeline.report.answer import smallest
from pipeline.report.read import (
    BETWEEN,
    FIXED_EFFECTS,
    WITHIN,
    Analysis,
    Reader,
    analyses,
    claim,
)
from pipeline.report.wording import interval, joined, number, p_value, percent, points
from pipeline.study.results import BY_PANEL

README = PROJECT / "README.md"
PICTURE = PROJECT / "docs" / "answer.svg"
BEGIN, END = "<!-- findings: make findings -->", "<!-- end of findings -->"
AVERAGE, APART = "composite", "indicators"


@dataclass(frozen=True)
class Findings:
    """What the README shows of a database.

    Attributes:
        text: Markdown.
        picture: the drawing that the text refers to, as SVG.
    """

    text: str
    picture: str


def findings(reader: Reader) -> Findings:
    """What a database says, in the README's form.

    Raises:
        ValueError: it holds no verdict on the claim, or no lead.
    """
    found, whole = analyses(reader), claim(reader)
    drawn = front.forest(found, "").picture
    if whole is None or drawn is None:
        raise ValueError("the database holds no verdict on the claim, or no lead to draw")
    said = whole.sentence.partition(BY_PANEL)[0]
    lines = [
        f"**{said.partition('. ')[0]}.** {said.partition('. ')[2]}",
        "",
        f"![{drawn.title}: a row for every panel, with the numbers of the table below.]"
        f"({PICTURE.relative_to(PROJECT).as_posix()})",
        "",
        *_wrapped(
            "*Lead* is what leadership and partnership explain beyond need and circumstance, less "
            "what plans and budgets explain, in percentage points of the differences in the "
            "outcome a year later, with its 95% interval."
        ),
        "",
        *_between([one for one in found if one.verdict(BETWEEN)]),
        "",
        *_wrapped(f"Between authorities, {_lower(front.tally(found, BETWEEN)[0])}"),
        "",
        *_within([one for one in found if one.verdict(WITHIN)]),
        "",
        *_wrapped(
            f"Inside authorities, {_lower(front.tally(found, WITHIN)[0])} {_aside(found)} "
            f"{_lasting(found)}"
        ),
        "",
        *_wrapped(_reach(found)),
    ]
    svg = base64.b64decode(drawn.wide.partition(",")[2]).decode()
    return Findings("\n".join(lines) + "\n", svg + "\n")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 104, break_long_words=False, break_on_hyphens=False)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _panel(one: Analysis) -> str:
    marks = ["primary"] * bool(one.spec["is_primary"])
    marks += ["exploratory"] * bool(one.spec["exploratory"])
    return str(one.spec["title"]) + (f" (*{', '.join(marks)}*)" if marks else "")


def _lead(one: Analysis, composition: str) -> str:
    row = one.lead(composition)
    if row is None:
        return "not estimated"
    if row["ci_low"] is None or row["ci_high"] is None:
        return f"{points(row['estimate'], 1)} (no interval)"
    return f"{points(row['estimate'], 1)} ({interval(row['ci_low'], row['ci_high'])})"


def _verdict(one: Analysis, part: str) -> str:
    row = one.verdict(part)
    said = str(row["verdict"]) if row else "not asked"
    return "open: depends on how measures are put together" if said == DEPENDS else said


def _between(found: Sequence[Analysis]) -> list[str]:
    return [
        "| panel | rows | lead, one average a group | lead, every measure on its own | verdict |",
        "|---|---|---|---|---|",
        *(
            f"| {_panel(one)} | {number(one.spec['n_rows'])} | {_lead(one, AVERAGE)} "
            f"| {_lead(one, APART)} | {_verdict(one, BETWEEN)} |"
            for one in found
        ),
    ]


def _within(found: Sequence[Analysis]) -> list[str]:
    lines = [
        "| places under one plan and one budget | places | differences that go with "
        "leadership (upper bound) | p | verdict |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        (row,) = (
            row
            for row in one.results["within_effect"]
            if row["model"] == FIXED_EFFECTS and row["composition"] == AVERAGE
        )
        upper = row["partial_r2_upper"]
        bound = "none" if upper is None else percent(upper, 1)
        lines.append(
            f"| {_panel(one)} | {number(row['n_localities'])} "
            f"| {percent(row['partial_r2_within'], 1)} ({bound}) | {p_value(row['p_perm'])} "
            f"| {_verdict(one, WITHIN)} |"
        )
    return lines


def _aside(found: Sequence[Analysis]) -> str:
    """What to mind of panels beside the primary ones that say 'supported' inside authorities."""
    said = [
        f"'Supported' in {one.name} is no answer to the claim: it is not a primary panel, and its "
        "upper bound shows how loose the estimate is."
        for one in found
        if _verdict(one, WITHIN) == SUPPORTED and not one.spec["is_primary"]
    ]
    return " ".join(said)


def _lasting(found: Sequence[Analysis]) -> str:
    """How much of what lasts lies inside authorities, in the primary panels."""
    said = []
    for one in found:
        rows = one.results["variance_split"]
        if one.spec["is_primary"] and rows and rows[0]["w_star"] is not None:
            row = rows[0]
            ends = f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"
            said.append(f"{percent(row['w_star'])} ({ends}; {one.name})")
    return f"Of the differences that last, {joined(said)} lie there." if said else ""


def _reach(found: Sequence[Analysis]) -> str:
    """What could have been found between authorities."""
    sizes = "; ".join(
        f"{smallest(one, BETWEEN)[0]} ({one.name})" for one in found if one.powers(BETWEEN)
    )
    return (
        "Smallest lead that 80% of simulated cases would have found: "
        f"{sizes}. Nothing here is causal."
    )


def write(database: Path) -> None:
    """Write the findings of a database into the README, and the picture beside the documents."""
    with duckdb.connect(str(database), read_only=True) as connection:
        made = findings(Reader(connection))
    PICTURE.write_text(made.picture, encoding="utf-8", newline="\n")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n{made.text}{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(ENGLAND.database)
