"""The evidence tables, one computation for all of them."""

from collections.abc import Iterator

import dagster as dg

from pipeline.assets import findings
from pipeline.assets.keys import ANALYSTS, group, key, tags
from pipeline.assets.once import code_of, once
from pipeline.edition import Edition
from pipeline.reading.switches import explained, switched_off
from pipeline.runs.steps import steps
from pipeline.study.framework import framework
from pipeline.study.results import ALL_PANELS, KEYS, TABLES
from pipeline.verdict_words import claim, worded

NEEDS = (
    "authority_year",
    "district_year",
    "indicator_place",
    "indicator_trust",
    "trust_authority",
    "trust_place",
    "trust_year",
)


def evidence_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All evidence assets of an edition."""
    step = steps(edition)["evidence"]

    @dg.multi_asset(
        name=f"{edition.name}__evidence",
        specs=[
            dg.AssetSpec(
                key(edition, "evidence", name),
                deps=[key(edition, "locality", need) for need in NEEDS],
                group_name=group(edition, "evidence"),
                description=f"{about} One row: {', '.join(KEYS[name])}.",
                tags=tags(edition),
                owners=ANALYSTS,
                kinds={"numpy", "parquet"},
                code_version=code_of(step),
            )
            for name, about in TABLES.items()
        ],
    )
    @once(edition, step, [key(edition, "evidence", name) for name in TABLES])
    def evidence(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from pipeline.runs.workers import workers  # noqa: PLC0415
        from pipeline.study.analysis import evidence_tables  # noqa: PLC0415 - scipy takes a second

        with workers():
            made = evidence_tables(edition, framework(), progress=context.log.info)
        coverage = explained(made.pop("construct_coverage"), framework(), switched_off())
        edition.write("meta", "construct_coverage", coverage)
        for name, frame in made.items():
            edition.write("evidence", name, frame)
        verdict = made["verdict"]
        if verdict.height:
            final = verdict.filter(verdict["spec_id"] == ALL_PANELS).row(0, named=True)
            context.log.info(f"{worded(final['verdict'])}: {claim(final['sentence'])}")
        for name in made:
            yield dg.MaterializeResult(
                key(edition, "evidence", name), metadata=findings.of(edition, name, made)
            )

    return [evidence]
