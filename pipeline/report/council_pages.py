"""A page for every council with social care, and the list to find it in."""

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.report import council_words as said
from pipeline.report.council_cautions import Caution, Cautions, in_short, sure
from pipeline.report.council_figures import CARRIED, SHOWN, Figures, Point, Series
from pipeline.report.council_panels import Panels, Said
from pipeline.report.council_place import Listed, Place, Places
from pipeline.report.page import TEMPLATES, About, render
from pipeline.report.place_charts import LINES, OWN, Mark, drawn
from pipeline.report.read import Analysis, Names, Reader
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import NOT_AVAILABLE, capital, counted, financial_year, words

FEWEST_DRAWN = 3
"""Years below which a figure is not drawn."""
HELD = 10
"""Councils whose figures are held at a time."""
FOLDER = "councils"
SCRIPT = "find.js"
POLICY = "default-src 'none';"

STATUSES = "SELECT \"table\" AS status, meaning FROM meta.dictionary WHERE layer = 'status'"


@dataclass(frozen=True)
class Years:
    """One measure year by year, beside similar councils.

    Attributes:
        unit: what is counted and which way is better.
        sentences: how it stands beside similar councils, and its trend.
        columns: of the table; those with a line in the chart carry its key.
        image: the drawing; none where there are too few years.
    """

    title: str
    unit: str
    sentences: tuple[str, str]
    table: DataTable
    image: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Block:
    """The measures of one block: the latest figures, and each one year by year."""

    title: str
    table: DataTable
    details: Sequence[Years]


@dataclass(frozen=True)
class Council:
    """Everything that one page says."""

    place: Place
    in_short: str
    summary: Sequence[str]
    sure: Sequence[Caution]
    cautions: Sequence[Caution]
    drawn: Sequence[Years]
    blocks: Sequence[Block]
    panels: Said


class Councils:
    """The councils of a file, which stays open while pages are made."""

    def __init__(self, reader: Reader, run: About, found: Sequence[Analysis], names: Names) -> None:
        self._run = run
        self._figures = Figures(reader)
        self._panels = Panels(reader, found, names, self._figures)
        self._places = Places(reader, self._figures, names)
        self._cautions = Cautions(reader, self._figures, names)
        statuses = reader.query(STATUSES, ["meta.dictionary"])
        meanings = {row["status"]: row["meaning"] for row in statuses}
        self._told = _Told(meanings, self._figures, found, run.mark.rstrip(": "))
        attributions = [row["attribution"] for row in reader.rows("meta.source")]
        self._attributions = list(dict.fromkeys(attributions))

    @property
    def codes(self) -> Sequence[str]:
        """Codes of all councils that have a page."""
        return list(self._figures.councils)

    def list(self) -> dict[str, str]:
        """The list to find a council in, by its path; nothing where there is no council."""
        if not self.codes:
            return {}
        places = [self._places.listed(code) for code in self.codes]
        return {f"{FOLDER}/index.html": index(places, self._run)}

    def pages(self, codes: Sequence[str]) -> Iterator[dict[str, str]]:
        """The pages of some councils, one after the other, by their paths."""
        for start in range(0, len(codes), HELD):
            part = codes[start : start + HELD]
            self._figures.hold(part)
            yield from map(self._page, part)

    def _page(self, code: str) -> dict[str, str]:
        html = render(
            "council.html.j2",
            root="../",
            here=FOLDER,
            run=self._run,
            council=self._council(code),
            lines={one.name: one for one in LINES},
            attributions=self._attributions,
        )
        return {f"{FOLDER}/{code}.html": html}

    def _council(self, code: str) -> Council:
        series = self._figures.series(code)
        main = [one.name for one in self._told.main(series)]
        years = {one.name: self._told.by_year(one, one.name in main) for one in series}
        place, panel = self._places.of(code), self._panels.of(code)
        return Council(
            place=place,
            in_short=in_short(place, series, self._cautions.absent(code)),
            summary=_summary([years[name] for name in main], panel),
            sure=sure(place, series, panel, self._cautions),
            cautions=self._cautions.of(code, series),
            drawn=[years[name] for name in main],
            blocks=self._told.blocks(series, years, main, place.council_class),
            panels=panel,
        )


def index(places: Sequence[Listed], run: About) -> str:
    """The list of councils by region, with the script that narrows it down."""
    regions: dict[str, list[Listed]] = {}
    for place in sorted(places, key=lambda one: one.name):
        regions.setdefault(place.region, []).append(place)
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8").strip()
    page = render(
        "councils.html.j2",
        root="../",
        here=FOLDER,
        run=run,
        regions=sorted(regions.items()),
        count=len(places),
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # This page alone has a script, and its policy allows this very script alone.
    page = page.replace(POLICY, f"{POLICY} script-src 'sha256-{digest}';", 1)
    return page.replace("</body>", f"<script>{script}</script>\n</body>", 1)


def _summary(main: Sequence[Years], panel: Said) -> list[str]:
    """What an officer reads first: each main measure in a sentence or two."""
    lines = [f"{one.title}: {one.sentences[0]}" for one in main]
    if panel.influential:
        count = counted(len(panel.influential), "panel")
        lines.append(f"It is one of the councils that weigh most in {count}.")
    return lines


@dataclass(frozen=True)
class _Told:
    """Figures as tables, charts and sentences."""

    meanings: dict[str, str]
    figures: Figures
    analyses: Sequence[Analysis]
    mark: str

    def main(self, series: Sequence[Series]) -> list[Series]:
        """The outcomes that a panel explains, and the leadership measure of most questions."""
        explained = dict.fromkeys(one.spec["outcome"] for one in self.analyses)
        own = {one.name: one for one in series}
        outcomes = [own[name] for name in explained if name in own]
        outcomes.sort(key=lambda one: -len(one.known))
        leadership = [one for one in series if one.measure["block"] == "leadership"]
        leadership.sort(
            key=lambda one: (
                not one.yearly or len(one.known) < FEWEST_DRAWN,
                -one.measure["parts"],
                -len(one.known),
            )
        )
        return [*outcomes, *leadership[:1]]

    def by_year(self, one: Series, drawing: bool) -> Years:
        """One measure year by year."""
        enough = drawing and one.yearly and len(one.known) >= FEWEST_DRAWN
        sentences = said.beside(one), said.trend(one)
        title = one.measure["title"]
        return Years(
            title=title,
            unit=capital(said.unit(one.measure)),
            sentences=sentences,
            table=DataTable(
                f"{title}, by year",
                ["Year", *(line.name for line in LINES)],
                [self._year(one, point) for point in one.points],
                fit=True,
                narrow="table",
            ),
            image=drawn(_marks(one.points), self.mark) if enough else "",
            alt=f"Line chart of '{title}', {said.years(one.known)}: this council beside similar "
            "councils, its region and England. The figures are in the table beside it.",
        )

    def _year(self, one: Series, point: Point) -> list[Cell]:
        return [
            text(financial_year(point.year)),
            self._own(one, point),
            *(
                absent() if amount is None else figure(said.value(one.measure, amount))
                for amount in (point.similar, point.region, point.england)
            ),
        ]

    def _own(self, one: Series, point: Point, when: str = "") -> Cell:
        if point.value is None:
            meaning = self.meanings.get(point.status, point.status)
            return absent("" if meaning == NOT_AVAILABLE else meaning)
        note = said.notes(point, one, self.meanings, self.figures.least)
        return figure(said.value(one.measure, point.value), "; ".join(filter(None, [when, note])))

    def blocks(
        self,
        series: Sequence[Series],
        years: Mapping[str, Years],
        elsewhere: Collection[str],
        council_class: str,
    ) -> list[Block]:
        """Every measure by block."""
        made = []
        for block in SHOWN:
            own = [one for one in series if one.measure["block"] == block]
            if not own:
                continue
            made.append(
                Block(
                    title=capital(words(block)),
                    table=self._latest(block, own, years, council_class),
                    details=[years[one.name] for one in own if one.name not in elsewhere],
                )
            )
        return made

    def _latest(
        self, block: str, series: Sequence[Series], years: Mapping[str, Years], council_class: str
    ) -> DataTable:
        rows = []
        ranked = any(one.rank for one in series)
        for one in series:
            point = one.known[-1]
            rows.append(
                [
                    text(one.measure["title"], years[one.name].unit),
                    self._own(one, point, financial_year(point.year)),
                    *(
                        absent() if amount is None else figure(said.value(one.measure, amount))
                        for amount in (point.similar, point.region, point.england)
                    ),
                    text(*years[one.name].sentences),
                    *([_rank(one)] if ranked else []),
                ]
            )
        return DataTable(
            f"{capital(words(block))}: the latest figures",
            [
                "Measure",
                "This council",
                "Similar councils, median",
                "Region, median",
                "England, median",
                "What can be said",
                *([f"Rank, {council_class}, 1 is best"] if ranked else []),
            ],
            rows,
            "locality.indicator_place: value, status, coverage, sampling_variance",
            narrow="pairs",
        )


def _rank(one: Series) -> Cell:
    if one.rank is None:
        return text("No rank", "How much of it is chance is not known")
    found = one.rank
    return figure(
        f"{found.rank} of {found.of}",
        f"{said.CERTAIN} interval {found.low} to {found.high}: chance in who answered, only",
    )


def _marks(points: Sequence[Point]) -> list[Mark]:
    """What is drawn of one measure."""
    marks = []
    for point in points:
        firm = point.usable and point.status != CARRIED
        marks.append(Mark(OWN, point.year, point.value, point.low, point.high, firm))
        beside = (point.similar, point.region, point.england)
        for line, amount in zip(LINES[1:], beside, strict=True):
            if amount is not None:
                marks.append(Mark(line.name, point.year, amount))
    return marks
