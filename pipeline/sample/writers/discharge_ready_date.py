"""Discharge ready dates: a workbook of analysis sheets, some by month, some without."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, workbook
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import lasting, trusts

MONTHS = [date(2024 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(18)]
STAFF_MONTHS = (1, 2, 3, 13, 14, 15)
QUARTERS = {"Jul-Sep 2024": slice(3, 6), "Jul-Sep 2025": slice(15, 18)}
IMPROVED = 7
LATE_STARTERS = 2
"""The first improved trust has zeros in its first so many months."""
BANDS = {
    # Days of delay of one patient.
    "1_day": 1.0,
    "2_3_day": 2.4,
    "4_6_day": 5.0,
    "7_13_day": 9.5,
    "14_20_day": 17.0,
    "21plus_day": 36.0,
}
SHARES = (0.3, 0.25, 0.15, 0.15, 0.08, 0.07)
MEAN = "average_delay_los_minus_0_day_delay"
UNUSED = (
    *("no_delay_perc", "delay_perc", "no_delay_percent"),
    *(f"{band}_delay_perc" for band in BANDS),
    "delayed_perc_1_day",
    *(f"delayed_perc_{band}s" for band in [*BANDS][1:]),
    *("average_delay_los_inc_0_day_delay", "days_in_month"),
)
"""Columns of shares of the counts beside them, which are left empty."""


def write(world: World, release: Release, path: Path) -> None:
    """Write the sheets that are read, and two that are not."""
    rng = world.rng("discharge ready dates")
    codes = [trust.code for trust in trusts(world)]
    led = np.array([lasting(world, trust) for trust in trusts(world)])
    pre = np.clip(10 - 2 * led + rng.normal(0, 3, len(led)), 1, 45)
    post = np.clip(pre + rng.normal(0.5, 2, len(led)), 1, 45)
    improved = sorted(range(len(codes)), key=lambda n: post[n] - pre[n])[:IMPROVED]
    patients = rng.normal((13.6, 330_000, 10.4), (0.4, 10_000, 0.5), (len(MONTHS), 3))
    stay = rng.normal((6.1,), (0.2,), (len(MONTHS), 1))
    header = ("perc_patients_delayed", "patients_discharged_volume", "perc_bed_delays")
    means = [np.median(pre), np.median(post), np.median(post) - np.median(pre)]
    means += [pre.mean(), post.mean(), post.mean() - pre.mean()]
    compared: list[Row] = [
        (code, float(b), float(a), float(b - a), *(float(mean) for mean in means))
        for code, a, b in zip(codes, pre, post, strict=True)
    ]
    labels = ("difference", "pre_median", "post_median", "median_difference")
    staff: list[Row] = [
        (f"{MONTHS[n]:%b-%y}", code, float(rng.normal(1000, 90)), float(rng.normal(2000, 99)))
        for n in STAFF_MONTHS
        for code in codes
    ]
    workbook(
        path,
        [
            Sheet("Best_Trusts", [(codes[n], "GENERATED") for n in improved]),
            Sheet("Figure 1", _national(header, np.round(patients, 9))),
            Sheet("National Delay length", _national((MEAN,), np.round(stay, 9))),
            Sheet(
                "Figure 2",
                [
                    (
                        "org_code",
                        "post",
                        "pre",
                        *labels,
                        "pre_mean",
                        "post_mean",
                        "mean_difference",
                    ),
                    *compared,
                    (),
                    (len(codes),),
                ],
            ),
            Sheet("Figure 3", [("org_code", "post", "pre"), *(row[:3] for row in compared)]),
            Sheet("Most Improved Consistency", _improved([codes[n] for n in improved], rng)),
            Sheet("All trusts staffing", [("month", "org_code", "doctors", "nurses"), *staff]),
        ],
    )


def _national(header: tuple[str, ...], figures: np.ndarray) -> list[Row]:
    """Months, two quarters after a blank row, and the change between them after another."""
    rows: list[Row] = [("month", "org_code", *header)]
    for month, row in zip(MONTHS, figures, strict=True):
        rows.append((f"{month:%b-%y}", "National", *(float(cell) for cell in row)))
    means = [figures[months].mean(axis=0) for months in QUARTERS.values()]
    rows.append(())
    for quarter, mean in zip(QUARTERS, means, strict=True):
        rows.append((quarter, None, *(round(float(cell), 9) for cell in mean)))
    change = means[1] / means[0] - 1
    return [*rows, (), (None, None, *(float(cell) for cell in change))]


def _improved(codes: list[str], rng: np.random.Generator) -> list[Row]:
    """Month by month, each trust with counts that add up."""
    header: list[str] = []
    rows: list[Row] = []
    for number, month in enumerate(MONTHS):
        for code in codes:
            silent = code == codes[0] and number < LATE_STARTERS
            counts = rng.multinomial(300, SHARES) * (not silent)
            stays = [round(int(n) * days) for n, days in zip(counts, BANDS.values(), strict=True)]
            delayed, days = int(counts.sum()), sum(stays)
            discharged = 0 if silent else delayed + int(rng.integers(1200, 2000))
            cells: dict[str, Cell] = {
                "month": f"{month} 00:00:00",
                "org_code": code,
                "patients_discharged_volume": discharged,
                "dd_bed_days": days,
                "no_delay_volume": discharged - delayed,
            }
            for band, count, stay in zip(BANDS, counts, stays, strict=True):
                cells[f"{band}_delay_volume"] = int(count)
                cells[f"{band}_delay_beddays"] = None if silent else stay
            cells |= {"total_delay_volume": delayed, "acute_beds": 500, "adult_acute_beds": 450}
            cells |= {"occupied_beds": 440, "occupancy_rate": 0.88, "perc_bed_delays": days / 135}
            cells[MEAN] = None if silent else days / delayed
            cells["perc_patients_delayed"] = None if silent else 100 * delayed / discharged
            cells |= dict.fromkeys(UNUSED)
            header = [*cells]
            rows.append([*cells.values()])
    return [header, *rows]
