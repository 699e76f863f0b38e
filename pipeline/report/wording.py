"""Numbers, years and names as a reader wants them."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from pipeline.rounding import decimals, percent_beside

MINUS = "\N{MINUS SIGN}"
NOT_AVAILABLE = "not available"
NO_REGION = "Region not given"
COMPOSITIONS = {
    "composite": "One average for each group",
    "indicators": "Every indicator on its own",
}
"""The two ways in which a group's indicators are put together."""
PANELS = {
    "councils_delayed_transfers": "Delayed transfers in councils",
    "councils_better_care_fund": "Better Care Fund in councils",
    "councils_short_term_support": "Short-term support in councils",
    "councils_hospital_stays": "Hospital stays in councils",
    "councils_reablement": "Reablement in councils",
    "districts_dementia": "Dementia diagnosis in districts",
    "trusts_in_boards": "Trusts within care boards",
    "trusts_in_councils": "Trusts within councils",
    "councils_inspected": "Inspected councils",
}
"""Short names of the framework's panels, by their identifiers."""
ROUNDING = 1e-9
"""What a sum of shares may lack of 1 by adding up alone."""
SMALL_WORDS = {"and", "at", "for", "in", "of", "on", "the", "upon", "with"}


def number(value: float, digits: int = 0, signed: bool = False) -> str:
    """A number with thousands' commas and a true minus; never a negative zero."""
    text = f"{abs(value):,.{digits}f}"
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def trimmed(text: str) -> str:
    """A decimal number without zeros at its end."""
    return text.rstrip("0").removesuffix(".") if "." in text else text


def points(share: float, digits: int = 1, signed: bool = False) -> str:
    """A share of variance in percentage points."""
    return number(100 * share, digits, signed)


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage."""
    return f"{number(100 * share, digits)}%"


def part(share: float, least: float | None = None, digits: int = 0) -> str:
    """A share as a percentage that reads as none, as all or as `least` only where it is."""
    said = percent(share, digits)
    step = 0.1**digits
    if share > 0 and said == percent(0, digits):
        return f"under {number(step, digits)}%"
    if share < 1 - ROUNDING and said == percent(1, digits):
        return f"over {number(100 - step, digits)}%"
    if least is not None:
        return percent_beside(share, least, digits)
    return said


def interval(low: float, high: float, digits: int = 1) -> str:
    """An interval of shares in percentage points."""
    return f"{points(low, digits)} to {points(high, digits)}"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 council", "146 councils"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


LEAST_P = 0.001
"""Below which a p value is not told apart."""


def p_value(p: float, level: float = 0.0) -> str:
    """A p value, never rounded to nothing, nor to a level that it is held against."""
    return "below 0.001" if p < LEAST_P else number(p, decimals(p, level, 3))


def joined(names: Sequence[str]) -> str:
    """Names as running text: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def words(name: str) -> str:
    """A name of the file without its underscores."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def verdict(name: str) -> str:
    """A panel's verdict as a heading, in readers' words."""
    return capital(name.replace("how the block is composed", "how measures are put together"))


def composition(name: str) -> str:
    """The heading of one way to put indicators together."""
    return COMPOSITIONS.get(name, capital(words(name)))


def coalition(name: str) -> str:
    """Groups of indicators that are in a model together."""
    if name == "controls":
        return "Need and circumstance alone"
    return capital(joined([words(part) for part in name.split("+")]))


def short(spec_id: str) -> str:
    """A panel's short name, for charts and tables."""
    return PANELS.get(spec_id) or capital(words(spec_id))


def minus(text: str) -> str:
    """Text with true minus signs before its numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", MINUS, text)


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return re.split(r"(?<=\.) (?=[A-Z0-9])", text)


def financial_year(year: int) -> str:
    """2012 as "2012-13"."""
    return f"{year}-{(year + 1) % 100:02d}"


def year_span(years: str) -> str:
    """ "2012-2017" as "2012-13 to 2017-18"; anything else unchanged."""
    found = re.fullmatch(r"(\d{4})-(\d{4})", years)
    if not found:
        return years
    first, last = (financial_year(int(year)) for year in found.groups())
    return first if first == last else f"{first} to {last}"


def day(when: date) -> str:
    """A date in words."""
    return f"{when.day} {when:%B %Y}"


def moment(iso: str) -> str:
    """A time of the file in words."""
    at = datetime.fromisoformat(iso)
    return f"{day(at)} at {at:%H:%M} {at.tzname() or ''}".strip()


def organisation(name: str) -> str:
    """A register's capitals as a name: "BARTS HEALTH NHS TRUST" as "Barts Health NHS Trust"."""
    if name != name.upper():
        return name

    def cased(word: str, first: bool) -> str:
        if word == "NHS":
            return word
        if word.lower() in SMALL_WORDS and not first:
            return word.lower()
        return "-".join(
            part.lower() if place and part.lower() in SMALL_WORDS else part.capitalize()
            for place, part in enumerate(word.split("-"))
        )

    return " ".join(cased(word, not place) for place, word in enumerate(name.split()))


def method(name: str, authority: str = "council") -> str:
    """How an interval was made, in plain words; `authority` is what is left out or drawn."""
    if name.startswith("none"):
        return "no interval can be given" + name.removeprefix("none")
    for part, plain in (
        ("delete-one-dominant-trust", "leaving out each main hospital trust in turn"),
        ("delete-one-authority", f"leaving out each {authority} in turn"),
        ("t over authorities", f"from how prediction errors vary from {authority} to {authority}"),
        ("profile of the restricted likelihood", "from the likelihood, or wider by drawing again"),
    ):
        if part in name:
            return plain
    found = re.match(r"percentile bootstrap, (\d+) draws", name)
    if found:
        return f"drawing each {authority} again at random, {number(int(found[1]))} times"
    return name
