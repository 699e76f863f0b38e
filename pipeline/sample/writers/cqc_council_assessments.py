"""Assessments of councils' adult social care: a page with a table of scores."""

from html import escape
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.places import Place
from pipeline.sample.world import World

LABELS = ("Assess", "Support", "Equity", "Care", "Partner", "Safe", "Safeguard", "Govern", "Learn")
WORDS = {1: "Inadequate", 2: "Requires improvement", 3: "Good", 4: "Outstanding"}
NAMES = {"CTY": "{} County Council", "MD": "{} Borough Council", "LBO": "London Borough of {}"}
TYPES = {"CTY": "County Council", "MD": "Borough Council", "LBO": "London Borough"}
MONTHS = ("May 2024", "August 2024", "November 2024", "January 2025", "June 2025")
SHARE = 0.5
LIMITS = (-2.0, -0.4, 1.8)
LED = 0.5
PARTNERSHIPS = 4
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><title>Generated, not real</title></head>
<body>
<table id="masterTable">
<thead>
<tr>{head}</tr>
</thead>
<tbody>
{body}
</tbody>
</table>
<table><thead><tr><th>Authority Name</th><th>Type</th></tr></thead><tbody></tbody></table>
</body>
</html>
"""


def write(world: World, release: Release, path: Path) -> None:
    """Write half of the councils; one is not rated though its scores are there."""
    rng = world.rng("assessments")
    rows: list[tuple[float, str]] = []
    for number, place in enumerate(world.places.councils):
        if place.ended is not None or rng.random() > SHARE:
            continue
        general = rng.normal()
        drawn = 0.7 * general + 0.7 * rng.normal(size=len(LABELS))
        drawn[PARTNERSHIPS] += LED * world.partnership[number]
        scores = [int(np.searchsorted(LIMITS, one)) + 1 for one in drawn]
        mean = sum(scores) / len(scores)
        rating = "Not Rated" if not rows else WORDS[round(mean)]
        rows.append((mean, _row(place, rating, scores, str(rng.choice(MONTHS)))))
    rows.sort(key=lambda row: -row[0])
    labels = [f"QS{number}<br>{label}" for number, label in enumerate(LABELS, 1)]
    heads = ("Rank", "Authority Name", "Type", "Overall", *labels, "Avg Score", "Date")
    head = "".join(f"<th>{label}</th>" for label in heads)
    body = "\n".join(row.format(rank=rank) for rank, (_, row) in enumerate(rows, 1))
    path.write_text(PAGE.format(head=head, body=body), encoding="utf-8", newline="\n")


def _row(place: Place, rating: str, scores: list[int], month: str) -> str:
    name = escape(NAMES.get(place.letters, "{} Council").format(place.name))
    kind = TYPES.get(place.letters, "Unitary Authority")
    cells = [
        "{rank}",
        f'<a href="https://example.org/" class="authority-link">{name}</a>',
        kind,
        rating,
        *map(str, scores),
        f"{sum(scores) / len(scores):.2f}",
        month,
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
