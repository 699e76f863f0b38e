"""Reasons for delayed discharge by trust and month: R data, with the odd marks of the real one."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.hospitals import REGISTER_2022
from pipeline.sample.layout import r_data
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import lasting, trusts

MONTHS = [*(f"2024-{month:02d}-01" for month in range(6, 13))]
MONTHS += [f"2025-{month:02d}-01" for month in range(1, 6)]
LEAVES = "2025-01-01"
"""From then on the first trust has no rows."""
SILENT = 2
"""The second trust has missing figures in the first so many months."""
LED = 0.25

SPACE = "\u00a0"
BEDS = "Bed-based rehabilitation, reablement or recovery service"
HOME = "rehabilitation, reablement or recovery service"
HEALTH = "Other home-based community health service"
SOCIAL = "Other home-based social care service"
UNDERWAY = "arrangements still underway"
REASONS = (
    "Hospital process - Awaiting medical review of need for supported discharge",
    "Hospital process – Awaiting therapy review of need for supported discharge",
    "Hospital process – Awaiting formal decision to discharge (inc diagnostic test results)",
    "Hospital process – Awaiting medicines to take home, discharge letter"
    f"{SPACE}or other discharge documentation",
    "Hospital process – Awaiting patient transport services",
    "Hospital process – Awaiting referral to care transfer hub for supported discharge",
    "Hospital process – Remaining in hospital due to infection prevention and control restrictions",
    "Wellbeing concerns - Issues with discharge destination readiness",
    "Wellbeing concerns – Awaiting determination of mental capacity",
    f"Wellbeing concerns – Ongoing{SPACE}safeguarding concern",
    f"Wellbeing concerns – Patient{SPACE}/family/carer concerns over discharge readiness",
    "Care transfer hub process – Awaiting confirmation of funding eligibility",
    "Care transfer hub process – Waiting for confirmation of immediate care needs and pathway",
    "Care transfer hub process– Awaiting necessary referrals by care transfer hub",
    f"Interface process – {BEDS} {UNDERWAY} (Pathway 2)",
    f"Interface process – Home based {HOME} {UNDERWAY} (Pathway 1)",
    f"Interface process – {HEALTH} {UNDERWAY} (Pathway 1)",
    f"Interface process – {SOCIAL} {UNDERWAY} (Pathway 1)",
    f"Interface process – Residential/nursing home care {UNDERWAY} (Pathway 3)",
    f"Interface{SPACE}process – End of life care inc Fast-Track CHC arrangement still underway?"
    "(Pathway 1 or 3)",
    f"Interface{SPACE}process – Further action requested by agreed provider",
    f"Interface{SPACE}process – Homeless with no recourse to public funds?",
    f"Interface{SPACE}process – Housing provision arrangement for homelessness still underway"
    f"{SPACE}(Pathway 0 or 1)",
    f"Interface{SPACE}process – Out of area discharge arrangements requested but not completed",
    f"Interface{SPACE}process – Patient/family/carer choice discussions on package still underway",
    f"Interface{SPACE}process – Self-funded care package {UNDERWAY}",
    "Capacity – Awaiting restart of existing social care arrangements (Pathway 0)",
    f"Capacity – {BEDS}s not yet available (Pathway 2)",
    f"Capacity – End of life care inc Fast-Track CHC not yet available{SPACE}(Pathway 1 or 3)",
    "Capacity – Equipment and associated training not yet delivered (Pathway 1-3)",
    f"Capacity – Home-based {HOME}s not yet available{SPACE}(Pathway 1)",
    "Capacity – Housing adaptations not yet completed (Pathway 1 or 3)",
    "Capacity – Housing provision not yet available (Pathway 0 or 1)",
    "Capacity – Mental health admitted patient care not yet available (Pathway 2)",
    f"Capacity – {HEALTH}s not yet available (Pathway 1)",
    f"Capacity – {SOCIAL} not yet available (Pathway 1)",
    "Capacity – Residential/nursing home care not yet available (Pathway 3)",
)


def write(world: World, release: Release, path: Path) -> None:
    """Write month by month, reason by reason."""
    rng = world.rng("reasons for delay")
    weight = rng.dirichlet(np.full(len(REASONS), 0.7))
    here = sorted(trusts(world), key=lambda trust: trust.code)
    level = {
        trust.code: float(world.hospitals.cost[trust.running(REGISTER_2022)].sum())
        / 4000
        * np.exp(-LED * lasting(world, trust))
        for trust in here
    }
    rows: list[tuple[str, str, str, str, float]] = []
    for number, month in enumerate(MONTHS):
        for reason, share in zip(REASONS, weight, strict=True):
            for trust in here:
                count = float(rng.poisson(level[trust.code] * share))
                silent = trust is here[1] and number < SILENT
                if trust is not here[0] or month < LEAVES:
                    figure = float("nan") if silent else count
                    rows.append((trust.name, trust.code, month, reason, figure))
    names, codes, months, reasons, counts = zip(*rows, strict=True)
    r_data(
        path,
        "england_delayed_discharge_reasons",
        {
            "nhs_trust22_name": names,
            "nhs_trust22_code": codes,
            "date": months,
            "delay_reason": reasons,
            "delay_count": counts,
        },
    )
