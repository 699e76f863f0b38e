"""The page says what the tables hold, and nothing else."""

import re
from pathlib import Path

import duckdb
import pytest

from pipeline.report.build import ReportError, write

from .conftest import (
    CONTRASTS,
    FITS,
    HOSTILE,
    MORE,
    SENTENCE,
    WHY_EXPLORATORY,
    Made,
    Page,
    World,
    database,
)

SYNTHETIC = World(synthetic=True)
STOPPED = World(stopped="3 authorities, fewer than 30")
OTHER = World(
    exploratory=None,
    mde=0.0802,
    verdict="inconclusive: depends on how the block is composed",
    framework_sha256="another",
    failing=True,
)
EMPTY = World(stopped="no row has an outcome", empty=True)


def signed(share: float) -> str:
    return f"{100 * share:+.2f}".replace("-", "−")


def plain(share: float) -> str:
    return f"{100 * share:.2f}".replace("-", "−").replace("−0.00", "0.00")


class TestAnswer:
    def test_says_the_verdict_and_its_sentence(self, page: Page) -> None:
        assert "Not supported" in page.text
        assert f"{SENTENCE} {MORE}" in page.text

    def test_says_exploratory_at_once_and_why(self, page: Page) -> None:
        assert page.text.index("Exploratory") < page.text.index("Not supported")
        assert WHY_EXPLORATORY in page.text

    def test_says_nothing_of_exploring_where_the_result_is_confirmatory(self, made: Made) -> None:
        assert "Exploratory" not in made(OTHER).text

    def test_gives_estimate_and_interval(self, page: Page) -> None:
        assert "−0.1 points 95% interval −2.5 to 2.4" in page.text

    def test_never_shows_a_negative_zero(self, page: Page) -> None:
        assert not re.search(r"[-−]0(\.0+)?(?![\d.])", page.text)

    def test_says_how_far_the_search_for_a_lead_went(self, page: Page, made: Made) -> None:
        assert "more than 25.0 points" in page.text
        assert "about 8.0 points" in made(OTHER).text

    def test_names_every_criterion_with_reading_and_threshold(self, page: Page) -> None:
        rows = page.table("The rule")
        assert (
            rows["Is the whole interval of the lead above zero?"][1:]
            == ["Not met reads −2.46 points; must be above 0 points"] * 2
        )
        assert rows["Is a lead that matters ruled out?"] == [
            "'not supported'",
            *["Met reads 1.97 points; must be below 5 points"] * 2,
        ]

    def test_says_that_the_other_half_is_missing(self, page: Page) -> None:
        assert "This file holds no result on it." in page.text

    def test_an_inconclusive_verdict_is_no_no(self, made: Made) -> None:
        found = made(OTHER).text
        assert OTHER.verdict.capitalize() in found
        assert "This is not a 'no'." in found


class TestPicture:
    def test_shows_what_every_coalition_adds(self, page: Page) -> None:
        start, *others = FITS[:4]
        names = ["Leadership", "Budgets", "Leadership and budgets"]
        rows = page.table("One average for each group")
        for name, row in zip(names, others, strict=True):
            assert rows[name][0].startswith(signed(row.v))
            assert rows[name][0].endswith(f"{plain(row.r2)}% in all")
            assert rows[name][1].startswith(signed(row.q2_loao - start.q2_loao))
        assert rows["Leadership"][0] == "+0.25 95% interval −1.31 to 1.29; 25.25% in all"
        assert rows["Leadership"][2].startswith(signed(0.151 - 0.16))
        assert "interval −1.31 to 1.29" in page.each("img")[0][1]["alt"]

    def test_a_missing_prediction_is_not_zero(self, page: Page) -> None:
        row = page.table("One average for each group")["Leadership and budgets"]
        assert row[2] == "not available No later year to predict"

    def test_shows_the_lead_with_its_intervals(self, page: Page) -> None:
        rows = page.table("Lead of leadership over budgets")
        main, second, left_out, later = CONTRASTS[:4]
        for label, row in (
            ("Explained, main interval", main),
            ("Explained, second interval", second),
            ("Predicted, councils left out", left_out),
        ):
            assert row.ci_low is not None
            assert row.ci_high is not None
            assert rows[f"{label} One average for each group"][:2] == [
                plain(row.estimate),
                f"{plain(row.ci_low)} to {plain(row.ci_high)}",
            ]
        assert rows["Predicted, later years One average for each group"][:2] == [
            plain(later.estimate),
            "not available",
        ]

    def test_alt_texts_hold_the_numbers(self, page: Page) -> None:
        texts = " ".join(attributes["alt"] for _, attributes in page.each("img"))
        for row in CONTRASTS:
            assert plain(row.estimate) in texts
        for fit in FITS[1:4]:
            assert plain(fit.v) in texts

    def test_is_the_same_whenever_it_is_drawn(self, page: Page, tmp_path: Path) -> None:
        write(database(tmp_path, World()), tmp_path / "again")
        assert (tmp_path / "again" / "index.html").read_text(encoding="utf-8") == page.html


class TestBasisAndLimits:
    def test_shows_how_rows_were_lost(self, page: Page) -> None:
        rows = page.table("Rows left after each step")
        assert rows["With the outcome 1 year later"] == ["6", "2"]

    def test_names_what_is_not_measured(self, page: Page) -> None:
        assert "Groups of the claim without a measure here: plans." in page.text
        assert "leadership of councils themselves" in page.text
        rows = page.table("The measures")
        assert rows["Title of planned_adult_social_care"][1:] == [
            "17%",
            "Not used Measured on 17% of the rows",
        ]

    def test_unmeasured_words_of_another_framework_are_not_shown(self, made: Made) -> None:
        found = made(OTHER).text
        assert "leadership of councils themselves" not in found
        assert "another version of the framework" in found

    def test_counts_reconciliations_and_those_that_cannot_be_made(self, page: Page) -> None:
        assert "1 agree and 0 differ. 1 could not be compared" in page.text

    def test_shows_failing_checks(self, page: Page, made: Made) -> None:
        assert "2 hold and none fails" in page.text
        found = made(OTHER)
        assert "1 hold and 1 fail" in found.text
        assert found.table("Checks that fail")["delayed_transfers"] == [
            "critical",
            "3",
            "Three rows twice.",
        ]

    def test_shows_corrections(self, page: Page) -> None:
        row = page.table("Publishers' errors")["Delayed transfers"]
        assert row == ["It was in millions.", "various", "15233.0", "1", "Magnitude."]

    def test_limits_come_from_the_data(self, page: Page) -> None:
        assert "in the weakest row, 51%" in page.text
        assert "3 of 3 councils share their main hospital trust" in page.text
        assert "In 3 of 6 rows, the population is that of the nearest year" in page.text

    def test_names_lost_councils_with_the_reason(self, page: Page) -> None:
        region, years, why = page.table("Councils with social care that were not")[
            "Dunmere unitary authority"
        ]
        assert (region, years) == ("London", "2")
        assert "No figure in any of 2 years for 'Delayed days per 100,000 adults, 1 year" in why
        assert "suppressed by the publisher" in why
        assert "No figure in 1 of 2 years for 'Share of people in rural areas'" in why


class TestCouncils:
    def test_shows_each_council_by_region(self, page: Page) -> None:
        row = page.table("Councils analysed: North East")["Aldbury unitary authority"]
        outcome, similar, leadership, budgets, observed, trust = row
        assert outcome == "1,234"
        assert similar == "2,617 2 of 4 have a figure"
        assert leadership == "+0.50 above average"
        assert budgets == "−0.50 below average"
        assert observed == "87% 2.3 trusts"
        assert trust == "St Mary's of the Isle NHS Trust shared with 2 other councils"

    def test_a_suppressed_value_stays_suppressed(self, page: Page) -> None:
        row = page.table("Councils analysed: North East")[f"{HOSTILE} unitary authority"]
        assert row[0] == "not available Confidential: suppressed by the publisher"

    def test_a_council_without_region_is_kept(self, page: Page) -> None:
        assert "Castleford unitary authority" in page.table("Councils analysed: Region not given")

    def test_gives_no_ranks(self, page: Page) -> None:
        assert "No ranks." in page.text


class TestStopped:
    @pytest.mark.parametrize("world", [STOPPED, EMPTY])
    def test_says_so_and_why(self, made: Made, world: World) -> None:
        found = made(world)
        assert "No answer" in found.text
        assert f"Nothing was estimated, because: {world.stopped}." in found.text
        assert not found.each("img")

    def test_still_shows_the_councils(self, made: Made) -> None:
        assert "Aldbury unitary authority" in made(STOPPED).table("Councils analysed: North East")
        assert "No council could be analysed." in made(EMPTY).text


class TestSynthetic:
    def test_is_marked_everywhere(self, made: Made) -> None:
        found = made(SYNTHETIC)
        assert "These are not real places." in found.texts("header")[0]
        assert found.texts("title")[0].startswith("SYNTHETIC: ")
        assert found.tables
        assert all(caption.startswith("SYNTHETIC: ") for caption in found.tables)
        images = found.each("img")
        assert images
        assert all(attributes["alt"].startswith("SYNTHETIC: ") for _, attributes in images)

    def test_real_data_are_not_marked(self, page: Page) -> None:
        assert "SYNTHETIC" not in page.html


def test_a_file_without_a_run_cannot_be_reported(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(ReportError, match="no run"):
        write(path, tmp_path / "report")
