"""The pages say what the tables hold, and nothing else."""

import re
from pathlib import Path

import duckdb
import pytest

from pipeline.evidence.settings import READINGS
from pipeline.report.answer import _criterion
from pipeline.report.build import ReportError, write

from .conftest import (
    CLAIM,
    CONTRASTS,
    COUNTY,
    DISTRICTS,
    FITS,
    MORE,
    SENTENCE,
    SPEC,
    WHY_EXPLORATORY,
    Made,
    Page,
    Site,
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
        assert "Exploratory" not in made(OTHER).panel.text

    def test_gives_estimate_and_interval(self, page: Page) -> None:
        assert "−0.1 points 95% interval −2.5 to 2.4" in page.text

    def test_never_shows_a_negative_zero(self, page: Page) -> None:
        assert not re.search(r"[-−]0(\.0+)?(?![\d.])", page.text)

    def test_says_how_far_the_search_for_a_lead_went(self, page: Page, made: Made) -> None:
        assert "more than 25.0 points" in page.text
        assert "about 8.0 points" in made(OTHER).panel.text

    def test_names_every_criterion_with_reading_and_threshold(self, page: Page) -> None:
        rows = page.table("The rule")
        assert (
            rows["Is the whole interval of the lead above zero?"][1:]
            == ["Not met reads −2.46 points; must be above 0 points"] * 2
        )
        assert rows["Is a lead that matters ruled out? Read: the one-sided upper bound"] == [
            "'not supported'",
            *["Met reads 1.97 points; must be below 5 points"] * 2,
        ]

    def test_says_that_the_other_half_is_missing(self, page: Page) -> None:
        assert "This panel cannot ask it, because each council has its own." in page.text

    def test_a_no_says_which_lead_it_rules_out_and_which_it_does_not(self, page: Page) -> None:
        assert "a lead of 5.0 points or more for leadership." in page.text
        assert "A smaller one counts from 2.0 points, and may still be there." in page.text

    def test_an_inconclusive_verdict_is_no_no(self, made: Made) -> None:
        found = made(OTHER).panel.text
        assert "Inconclusive: depends on how measures are put together" in found
        assert "block is composed" not in found
        assert "This is not a 'no'." in found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0495, "Met reads p 0.0495; must be below 0.05"),
        (0.04996, "Met reads p 0.04996; must be below 0.05"),
        (0.036, "Met reads p 0.036; must be below 0.05"),
        (0.0004, "Met reads p below 0.001; must be below 0.05"),
    ],
)
def test_a_reading_can_be_told_from_its_threshold(value: float, told: str) -> None:
    row = {"rule_id": "trajectory_p_below_alpha", "value": value, "threshold": 0.05}
    cell = _criterion(row | {"passed": True})
    assert f"{cell.text} {cell.note}" == told
    row = {"rule_id": "delta_at_least_min", "value": 0.019999, "threshold": 0.02}
    assert _criterion(row | {"passed": False}).note == (
        "reads 1.9999 points; must be at least 2 points"
    )
    # A reading that is the threshold stays with its decimals.
    assert _criterion(row | {"passed": True, "value": 0.02}).note.startswith("reads 2.00 points")


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

    def test_is_the_same_whenever_it_is_drawn(self, page: Page, tmp_path: Path) -> None:
        write(database(tmp_path, World()), tmp_path / "again")
        again = tmp_path / "again" / "panels" / f"{SPEC}.html"
        assert again.read_text(encoding="utf-8") == page.html


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
        found = made(OTHER).panel.text
        assert "leadership of councils themselves" not in found
        assert "another version of the framework" in found

    def test_counts_reconciliations_and_those_that_cannot_be_made(self, page: Page) -> None:
        assert "1 agree and 0 differ. 1 could not be compared" in page.text

    def test_shows_failing_checks(self, page: Page, made: Made) -> None:
        assert "2 hold and none fails" in page.text
        found = made(OTHER)
        assert "1 hold and 1 fail" in found.panel.text
        # The table is on the page of methods, which every panel leads to.
        assert ("a", {"href": "../methods.html#corrections"}) in found.panel.tags
        assert found.page("methods.html").table("Checks that fail")["delayed_transfers"] == [
            "critical",
            "3",
            "Three rows twice.",
        ]

    def test_shows_corrections(self, page: Page, made: Made) -> None:
        assert "1 error of publishers was corrected." in page.text
        row = made(World()).page("methods.html").table("Publishers' errors")["Delayed transfers"]
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


class TestStopped:
    @pytest.mark.parametrize("world", [STOPPED, EMPTY])
    def test_says_so_and_why(self, made: Made, world: World) -> None:
        found = made(world).panel
        assert "No answer" in found.text
        assert f"Nothing was estimated, because: {world.stopped}." in found.text
        assert not found.each("img")


class TestFront:
    def test_says_the_verdict_on_the_claim(self, site: Site) -> None:
        assert "Inconclusive" in site.front.text
        assert CLAIM in site.front.text
        assert "By panel:" not in site.front.text

    @pytest.mark.parametrize(
        ("world", "mark", "why"),
        [
            (OTHER, "Confirmatory", "fixed before those panels were looked at"),
            (World(claim_exploratory="Another rule."), "Exploratory", "because: Another rule."),
            (World(), "Exploratory", f"because: Delayed transfers in councils: {WHY_EXPLORATORY}"),
        ],
    )
    def test_marks_the_claim_as_confirmatory_or_not(
        self, made: Made, world: World, mark: str, why: str
    ) -> None:
        said = made(world).front.text
        before, _, after = said.partition("The data here cannot decide")
        assert before.endswith(f"{mark} Inconclusive ")
        assert why in after

    def test_shows_the_lead_of_every_panel_with_its_interval(self, site: Site) -> None:
        rows = site.front.table("Lead of leadership and partnership over plans and budgets")
        assert list(rows)[1:] == ["Delayed transfers in councils Primary; exploratory"]
        assert rows["Delayed transfers in councils Primary; exploratory"][:2] == [
            # The p of explaining is 0.520; the rule reads that of predicting.
            "−0.1 95% interval −2.5 to 2.4; p 0.748 for predicting",
            "0.0 95% interval −2.5 to 2.4; p 0.748 for predicting",
        ]
        assert rows["Delayed transfers in councils Primary; exploratory"][2] == (
            "Leadership against budgets"
        )

    def test_says_which_panel_has_no_lead_and_why(self, site: Site) -> None:
        assert (
            "No lead could be estimated for Dementia diagnosis in districts: no measure"
            in site.front.text
        )

    def test_lists_every_panel_with_both_verdicts(self, site: Site) -> None:
        rows = site.front.table("All panels")
        councils = rows["Delayed transfers in councils Councils and delayed transfers"]
        assert councils[2:] == ["6 3 councils", "Not supported", "Not asked", "Primary Exploratory"]
        districts = rows["Dementia diagnosis in districts Districts and dementia"]
        assert districts[3:5] == ["Not possible No measure of plans", "Inconclusive"]
        assert districts[2] == "6 3 districts in 1 council"

    def test_shows_what_lies_inside_authorities(self, site: Site) -> None:
        rows = site.front.table("Inside authorities: what lasts")
        assert rows["Dementia diagnosis in districts One average for each group"] == [
            "79% 95% interval 61% to 100%",
            "−0.05 standard error 0.10; p 0.662",
            "0.1% upper bound 1.0%",
        ]
        (_, slope, _) = rows["Dementia diagnosis in districts Every indicator on its own"]
        assert slope.endswith("p 0.715 by permutation, 0.810 by dominant trust: the larger counts")

    def test_names_the_sets_of_neighbours_largest_first(self, site: Site) -> None:
        rows = site.front.table("Dementia diagnosis in districts: sets of neighbours")
        assert list(rows)[1:] == [f"{COUNTY[1]} 2017-18", f"{COUNTY[1]} 2016-17"]
        assert rows[f"{COUNTY[1]} 2017-18"] == [
            "2 of 3 Lower Dale and <i>Mid</i> Dale",
            "−1.00",
            "+0.60",
            "−1.60 −2.40 to −0.80",
        ]
        assert (
            "higher among the adopters in 1 sets, lower in 1, and the same in 0" in site.front.text
        )
        assert "−0.09 standard deviations standard error 0.12; p 0.757" in site.front.text

    def test_counts_the_checks(self, site: Site) -> None:
        rows = site.front.table("Checks of the lead")
        assert rows["Delayed transfers in councils"] == [
            "2",
            "2",
            "1",
            "Leave one authority out and multiverse",
        ]
        assert rows["Dementia diagnosis in districts"][0] == "not available No lead was estimated"

    def test_shows_the_specification_curve(self, site: Site) -> None:
        rows = site.front.table("The lead in every specification")
        assert rows["Delayed transfers in councils"] == [
            "4",
            "0.50",
            "−2.0 to 3.0",
            "75%",
            "−3.00 to 2.80",
        ]

    def test_says_what_each_panel_could_have_found(self, site: Site) -> None:
        rows = site.front.table("What each panel could have found")
        assert rows["Delayed transfers in councils"][:2] == [
            "more than 25.0",
            "not available Not asked of this panel",
        ]
        assert rows["Delayed transfers in councils"][2] == "Plans"
        assert rows["Dementia diagnosis in districts"][:2] == [
            "not available Not estimated",
            "about 4.1",
        ]

    def test_sets_published_figures_beside_ours(self, site: Site) -> None:
        (rows,) = (r for c, r in site.front.tables.items() if c.startswith("Published figures"))
        assert rows[1][2] == "0.42 correlation"
        assert rows[2][2] == "Correlation no figure is given"
        assert rows[1][3] == "Delayed transfers in councils 0.05 partial correlation"

    def test_without_any_estimate_it_says_so(self, made: Made) -> None:
        found = made(STOPPED).front
        assert "There is no picture, because no lead was estimated." in found.text
        assert "No answer" in found.text
        assert not found.each("img")


class TestInside:
    def test_says_both_halves(self, site: Site) -> None:
        assert "Between councils: not possible" in site.districts.text
        assert "Inside councils: inconclusive" in site.districts.text

    def test_names_its_places_as_what_they_are(self, site: Site) -> None:
        assert "the districts of one council are set beside each other" in site.districts.text
        rows = site.districts.table("The rule, inside councils")
        (row,) = (cells for asked, cells in rows.items() if asked.startswith("Is it sure"))
        assert row[1:] == ["Not met reads 61.00%; must be above 20%"] * 2

    def test_says_which_direction_an_index_learned_elsewhere_has(self, site: Site) -> None:
        asked = "Do both ways point in the same direction?"
        learned = "what was learned in other councils, whether or not it holds here"
        assert f"{asked} {learned}" in site.districts.table("The rule, inside councils")
        assert asked in site.panel.table("The rule, between councils")

    def test_says_how_many_of_them_are_compared_inside(self, site: Site) -> None:
        assert "Districts 3 3 compared inside councils" in site.districts.text

    def test_shows_every_model(self, site: Site) -> None:
        rows = site.districts.table("Inside authorities: every model")
        (row,) = (cells for model, cells in rows.items() if model.startswith("Odds of adopting"))
        assert row == ["−0.27", "0.24", "0.253", *["not available"] * 3]
        (row,) = (cells for cells in rows.values() if "0.810" in cells)
        assert row == ["0.07", "0.04", "0.180", "0.273", "0.715", "0.810"]
        by_trust = [cells[-1] for model, cells in rows.items() if "not available" not in cells[-1]]
        assert by_trust == ["p, by dominant trust", "0.810"]


class TestChecks:
    def test_every_check_says_what_it_found(self, page: Page) -> None:
        rows = page.table("The checks that fail, then those not made")
        assert list(rows)[1] == "Is the direction the same whichever authority is left out?"
        assert rows["Is the direction the same whichever authority is left out?"] == [
            "Lowest: without Aldbury",
            "−2.00 points",
            "No: failed",
        ]
        assert rows["Is there no lead on an outcome that leadership should not move?"][1:] == [
            "not available",
            "Could not be made No placebo outcome",
        ]
        held = page.table("The checks that pass")
        assert held["Is the direction the same without one source?"] == [
            "Without 'Delayed transfers'",
            "1.00 points interval −2.00 to 4.00",
            "Yes: passed",
        ]
        assert "2 of 4 checks passed; 1 could not be made" in page.text
        # Inside authorities an estimate is a slope, and not points of a lead.
        assert "slope +0.31" in page.text
        assert "31.00 points" not in page.text

    def test_a_share_has_its_direction_beside_it(self, page: Page) -> None:
        assert "Better (+) or worse (−) results with more of it, standard deviations" in page.text
        assert "−0.12" in page.text
        assert "interval −0.20 to −0.04" in page.text.replace("Interval", "interval")

    def test_medians_are_given_by_choice(self, page: Page) -> None:
        rows = page.table("Half of the leads lie above the median")
        assert rows["Composite How measures are put together"] == ["2", "−0.80", "50%"]
        key = "Without 'Index of multiple deprivation 2015, average score' What is held constant"
        assert rows[key] == ["2", "1.70", "100%"]


class TestMethods:
    def test_rules_and_thresholds_come_from_the_file(self, site: Site) -> None:
        methods = site.page("methods.html")
        rows = methods.table("What the rule asks for")
        (row,) = (cells for asked, cells in rows.items() if asked.startswith("Is a lead that"))
        assert row == ["below 5 points", "'not supported'", "1 of 1"]
        settings = methods.table("Every threshold and setting")
        tracked = "Least share of the differences within authorities leadership must track"
        assert settings[tracked] == ["0.02", "Inside authorities"]

    def test_measures_of_another_framework_are_not_shown(self, made: Made) -> None:
        assert "belongs to another version" in made(OTHER).page("methods.html").text


class TestCalibration:
    def test_the_two_numbers_are_on_the_front(self, site: Site) -> None:
        for page in (site.front, site.page("calibration.html")):
            assert "at most 3.5%" in page.text
            assert "89% to 96%" in page.text
            assert "often than it should in 1 of 2 cases." in page.text

    def test_each_verdict_is_counted(self, site: Site) -> None:
        rows = site.page("calibration.html").table("Nothing to find")
        assert rows["Equal The whole claim"] == ["0.0", "3.5%", "27.0%", "57.0%", "12.5%", "Met"]

    def test_a_half_that_no_world_could_be_asked_has_no_shares_of_verdicts(
        self, site: Site
    ) -> None:
        rows = site.page("calibration.html").table("Leadership leads")
        asked = rows["Between only Inside authorities"]
        assert asked == ["16.0", *["not available Could not be asked"] * 4, "Met"]

    def test_a_calibration_of_another_form_of_the_rule_says_so(
        self, made: Made, site: Site
    ) -> None:
        for name in ("index.html", "calibration.html"):
            said = "as it was before its last change"
            assert said not in site.page(name).text
            assert said in made(World(calibrated=READINGS - 1)).page(name).text

    def test_without_a_calibration_the_report_says_so(self, made: Made) -> None:
        bare = made(World(calibrated=None))
        for page in (bare.front, bare.page("calibration.html")):
            assert "No calibration is recorded beside this report." in page.text


class TestSynthetic:
    def test_is_marked_everywhere(self, made: Made) -> None:
        site = made(SYNTHETIC)
        for path in ("index.html", f"panels/{SPEC}.html", f"panels/{DISTRICTS}.html"):
            found = site.page(path)
            assert "These are not real places." in found.texts("header")[0]
            assert found.texts("title")[0].startswith("SYNTHETIC: ")
            assert found.tables
            assert all(caption.startswith("SYNTHETIC: ") for caption in found.tables)
            images = found.each("img")
            assert images
            assert all(attributes["alt"].startswith("SYNTHETIC: ") for _, attributes in images)

    def test_real_data_are_not_marked(self, site: Site) -> None:
        for path in site.paths:
            assert "SYNTHETIC" not in site.page(path).html


def test_a_file_without_a_run_cannot_be_reported(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(ReportError, match="no run"):
        write(path, tmp_path / "report")


def test_pages_are_the_same_for_any_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, told = database(tmp_path, World()), []
    alone = write(path, tmp_path / "alone")
    monkeypatch.setattr("pipeline.report.build.FEW", 0)
    monkeypatch.setattr("pipeline.report.build.PART", 1)
    monkeypatch.setattr("joblib.effective_n_jobs", lambda jobs: 2)
    assert write(path, tmp_path / "together", tell=told.append) == alone
    assert told[-1] == f"{alone} pages"
    for page in (tmp_path / "alone").rglob("*.html"):
        other = tmp_path / "together" / page.relative_to(tmp_path / "alone")
        assert other.read_bytes() == page.read_bytes(), page
