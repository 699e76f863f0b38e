"""The evidence tables, one computation for all of them."""

from collections.abc import Iterator

import dagster as dg

from pipeline.analysis import MEANINGS, TABLES, evidence_tables
from pipeline.assets.keys import group, key, shown, tags
from pipeline.edition import Edition
from pipeline.framework import framework

NEEDS = ("authority_year", "indicator_place")


def evidence_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All evidence assets of an edition."""

    @dg.multi_asset(
        name=f"{edition.name}__evidence",
        specs=[
            dg.AssetSpec(
                key(edition, "evidence", name),
                deps=[key(edition, "locality", need) for need in NEEDS],
                group_name=group(edition, "evidence"),
                description=about,
                tags=tags(edition),
                kinds={"numpy", "parquet"},
            )
            for name, about in TABLES.items()
        ],
    )
    def evidence(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        made = evidence_tables(edition, framework())
        edition.write("meta", "construct_coverage", made.pop("construct_coverage"))
        for name, frame in made.items():
            edition.write("evidence", name, frame)
            metadata = shown(frame, MEANINGS)
            if name == "verdict" and frame.height:
                final = frame.filter(frame["composition"] == "both").row(0, named=True)
                metadata["verdict"] = dg.MetadataValue.text(final["verdict"])
                metadata["sentence"] = dg.MetadataValue.text(final["sentence"])
                context.log.info(f"between: {final['verdict']}")
            yield dg.MaterializeResult(key(edition, "evidence", name), metadata=metadata)

    return [evidence]
