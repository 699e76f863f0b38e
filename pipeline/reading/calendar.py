"""When publishers release: declared with each source, and what schedules and freshness follow."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

ZONE = "Europe/London"
HOUR = 12
"""Official statistics come out at half past nine; by noon they are there."""
GRACE = timedelta(days=7)
"""How long after a release day it should at the latest have been looked for."""
ORDER = ("first", "second", "third", "fourth", "last")

Day = Literal["mon", "tue", "wed", "thu", "fri"]


@dataclass(frozen=True)
class Calendar:
    """The days on which a publisher's releases are looked for.

    Attributes:
        day: day of the week.
        nth: which one of the month; 0 for each, where only the month is known.
        months: months of the year, 1 to 12; none for every month.
        stated: how it is known.
    """

    day: Day
    nth: Literal[0, 1, 2, 3, 4] = 0
    months: Sequence[int] = ()
    stated: str = ""

    def _cron(self, day: str, months: Sequence[int]) -> str:
        return f"0 {HOUR} * {','.join(map(str, months)) or '*'} {day}"

    @property
    def cron(self) -> str:
        """The days as a cron line, in ``ZONE``."""
        return self._cron(f"{self.day}#{self.nth}" if self.nth else self.day, self.months)

    @property
    def name(self) -> str:
        """The calendar in letters, digits and underscores."""
        months = [calendar.month_name[one].lower() for one in self.months] or ["monthly"]
        return "_".join([*months, *([ORDER[self.nth - 1]] if self.nth else []), self.day])

    @property
    def words(self) -> str:
        """The calendar in words."""
        day = calendar.day_name[["mon", "tue", "wed", "thu", "fri"].index(self.day)]
        which = f"the {ORDER[self.nth - 1]} {day}" if self.nth else f"every {day}"
        months = " and ".join(calendar.month_name[one] for one in self.months)
        return f"{which} of {months or 'every month'}"

    @property
    def deadline(self) -> tuple[str, timedelta]:
        """By when the releases should have been looked for: a cron line, and how far back counts.

        A week after the day of a month, or the first of the month after a month with many days.
        """
        if self.nth and not self.months:
            return self._cron(f"{self.day}#{self.nth + 1}", ()), GRACE
        following = sorted({one % 12 + 1 for one in self.months})
        return f"0 {HOUR} 1 {','.join(map(str, following)) or '*'} *", timedelta(days=31)


NHS_MONTHLY = Calendar(
    "thu", nth=2, stated="NHS England releases its monthly statistics on the second Thursday."
)
STAFF_SURVEY = Calendar("fri", months=(3,), stated="The NHS Staff Survey comes out in March.")
COUNCIL_OUTTURN = Calendar(
    "fri",
    months=(8, 11),
    stated="First releases in late August and revised ones in mid-November, by the dates of 2017 "
    "and 2018; later years vary.",
)
COUNCIL_BUDGET = Calendar("fri", months=(6,), stated="Budgets came out at the end of June (2016).")
SETTLEMENT = Calendar("fri", months=(2,), stated="The final settlement is made in February.")
"""Calendars that several sources share; a source may declare its own."""
