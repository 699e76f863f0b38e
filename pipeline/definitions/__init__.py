"""What Dagster loads: assets, checks and jobs, the same for each edition.

Each edition is a code location of its own (``pipeline.definitions.england``), so that nothing is
loaded of another one, and ``workspace.yaml`` says which a team has.
"""

import gc
from functools import cache

import dagster as dg

from pipeline.assets.evidence import evidence_assets
from pipeline.assets.keys import tags
from pipeline.assets.locality import locality_assets
from pipeline.assets.publish import publish_assets
from pipeline.assets.raw import Mirror, raw_assets
from pipeline.assets.release import LAYER as RELEASE
from pipeline.assets.release import release_assets, release_jobs
from pipeline.assets.tidy import tidy_assets
from pipeline.checks.asset_checks import all_checks
from pipeline.edition import Edition
from pipeline.runs.console import console, log_file
from pipeline.runs.executor import processes
from pipeline.runs.holding import one_run_at_a_time
from pipeline.runs.plan import LOGGERS
from pipeline.runs.schedules import schedules, sensors

LITTER = 50_000
"""Objects, more than were let go of, after which cycles among them are looked for."""


@cache
def definitions(edition: Edition, executor: dg.ExecutorDefinition | None = None) -> dg.Definitions:
    """Everything of an edition.

    Args:
        executor: what steps are spread over; by default one process or several of this machine.
    """
    # What is defined here stays, and a run leaves hardly a cycle: to look through all of it every
    # few seconds took a thirtieth of a run's processor time.
    gc.set_threshold(LITTER)
    return dg.Definitions(
        assets=[
            *raw_assets(edition),
            *release_assets(edition),
            *tidy_assets(edition),
            *locality_assets(edition),
            *evidence_assets(edition),
            *publish_assets(edition),
        ],
        asset_checks=all_checks(edition),
        jobs=[
            dg.define_asset_job(
                edition.name,
                selection=dg.AssetSelection.all()
                - dg.AssetSelection.key_prefixes([edition.name, RELEASE]),
                description=f"{edition.title}: from published files to the report.",
                tags=tags(edition),
                config={"loggers": LOGGERS},
            ),
            *release_jobs(edition),
        ],
        resources={"mirror": Mirror()},
        executor=one_run_at_a_time(edition, executor or processes(edition)),
        loggers={"console": console, "log_file": log_file},
        schedules=list(schedules(edition)),
        sensors=list(sensors(edition)),
    )
