"""Verdicts outside the report, in its words: the database keeps terms of its own."""

from pipeline.report.wording import verdict
from pipeline.study.results import BY_PANEL

SIDES = {"within": "inside"}


def worded(text: str) -> str:
    """A verdict, or a sentence that holds one, beginning as it did."""
    return text[:1] + verdict(text)[1:]


def claim(sentence: str) -> str:
    """The sentence on the claim, without the list of what each panel says."""
    return worded(sentence.partition(BY_PANEL)[0])


def side(part: str) -> str:
    """Which comparison a verdict is of: between authorities, or inside them."""
    return SIDES.get(part, part)
