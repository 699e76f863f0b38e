"""What a check asked and found, in the words of a reader who knows no columns."""

import re
from collections.abc import Callable

from pipeline.report.wording import capital, joined, minus, number, short, trimmed, words

COLUMNS = {
    "areacd": "area code",
    "areanm": "area name",
    "ecode": "local authority code",
    "org_code": "organisation code",
    "org_name": "organisation name",
    "icb_code": "care board code",
    "n_effective": "effective number of answers",
    "spec_id": "panel",
    "ci_low": "lower end of its interval",
    "ci_high": "upper end of its interval",
}
"""Names of columns that are no words."""
FORMS = {r"^E\d{8}$": "E and eight digits"}
ROUNDED = (
    (r"\b1\.0{6,}1\b", "1"),
    (r"\b0\.9{6,}\b", "1"),
    (r"between (\S+) and anything", r"\1 or more"),
)
"""Bounds that allow for rounding, and open ends."""
NAME = re.compile(r"(?<![\w./])[a-z]\w*(?![\w./]*/|\w|\.\w)")
RULE = re.compile(r"(\d+) against the rule that (.*?): (.*?)( and \d+ more)?")
MOVED = re.compile(
    r"(?:measure (?P<measure>.*), )?place (?P<place>\S+), period_before (?P<first>.+), "
    r"before (?P<before>\S+), period_after (?P<last>.+), after (?P<after>\S+)"
)
KEPT = "maximum value must be less than or equal to 0.0."
"""How the library words a rule: as many rows against it as this."""


def _column(name: str) -> str:
    """A column as words; what is held of a measure follows two underscores."""
    if "_" not in name and name not in COLUMNS:
        return name
    parts = [COLUMNS.get(part) or words(part) for part in name.split("__")]
    return ": ".join(parts).replace("areacd", COLUMNS["areacd"])


def asked(asks: str) -> str:
    """What was asked, with columns and bounds as words."""
    for form, said in FORMS.items():
        asks = asks.replace(form, said)
    for found, said in ROUNDED:
        asks = re.sub(found, said, asks)
    return capital(NAME.sub(lambda one: _column(one[0]), asks))


def found(observed: str, expectation: str) -> str:
    """What was found, from the library's own words for it.

    Args:
        observed: what the library says.
        expectation: how it words what it expects.
    """
    if observed.startswith("['"):
        return joined([_column(name) for name in observed.strip("[]").replace("'", "").split(", ")])
    if observed.isdecimal():
        if expectation.endswith(KEPT):
            return "None against it" if observed == "0" else f"{number(int(observed))} against it"
        return number(int(observed))
    for said, plain in (
        ("NaN% null", "No row to ask"),
        ("100% not null", "All filled"),
        ("100% null", "All empty"),
        ("0% unexpected", "None against it"),
    ):
        if observed == said:
            return plain
    return observed.replace("% unexpected", "% against it") or "--"


def told(message: str, name: Callable[[str], str]) -> tuple[str, str]:
    """What a failing check found, and what to do about it.

    Args:
        message: of ``meta.check_results``.
        name: a place by its code, or the code.
    """
    first, _, todo = message.partition(". ")
    rule = RULE.fullmatch(first)
    if rule is None:
        return message, ""
    count, asks, rows, more = rule.groups()
    shown = "; ".join(_row(row, name) for row in rows.split("; ")) + (more or "")
    return f"{number(int(count))} against '{asked(asks)}': {shown}.", todo


def _row(row: str, name: Callable[[str], str]) -> str:
    """One row that breaks a rule: a figure that moved, or each column with its value."""
    moved = MOVED.fullmatch(row)
    if moved is None:
        return ", ".join(_pair(pair) for pair in row.split(", "))
    # The parts of a measure are written column=value.
    measure = re.sub(r"\w+=", "", moved["measure"] or "")
    before, after = (_amount(moved[end]) for end in ("before", "after"))
    what = f"{name(moved['place'])}, {words(measure)}" if measure else name(moved["place"])
    return f"{what}: {before} in {moved['first']}, then {after} in {moved['last']}"


def _pair(pair: str) -> str:
    column, _, value = pair.partition(" ")
    if column == "spec_id":
        value = short(value)
    return minus(f"{_column(column)} {value}")


def _amount(value: str) -> str:
    try:
        amount = float(value)
    except ValueError:
        return value
    return trimmed(number(amount, 0 if abs(amount) >= 100 else 2))
