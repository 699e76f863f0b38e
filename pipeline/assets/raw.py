"""Published files: generated for the sample, fetched for everything else."""

from dataclasses import asdict
from functools import cache
from pathlib import Path

import dagster as dg

from pipeline import trace
from pipeline.assets import shown
from pipeline.assets.keys import DATA_TEAM, group, key, source_group, source_tags, tags
from pipeline.assets.once import code_of, once
from pipeline.edition import Edition
from pipeline.reading.calendar import ZONE, Calendar
from pipeline.reading.fetch import fetch, manifest
from pipeline.reading.notices import keep, line
from pipeline.reading.releases import look
from pipeline.reading.source import Source
from pipeline.reading.switches import switched_off
from pipeline.runs.steps import raw_step, steps
from pipeline.settings import settings
from pipeline.sources import sources


class Mirror(dg.ConfigurableResource[None]):
    """Where published files are copied from.

    ``folder`` is a directory laid out as the declared file names; empty means the environment's
    ``RAPPORT_MIRROR``, and without that the files' own addresses.
    """

    folder: str = ""

    def path(self) -> Path | None:
        """The mirror's folder, or None to use the addresses."""
        return Path(self.folder).expanduser().resolve() if self.folder else settings().mirror


def generated(edition: Edition) -> dg.AssetsDefinition:
    """The asset that writes the synthetic England as published files."""
    step = steps(edition)["raw__generated"]

    @dg.asset(
        key=key(edition, "raw", "generated"),
        group_name=group(edition, "generated"),
        tags=tags(edition),
        owners=DATA_TEAM,
        description="A synthetic England in the publishers' own file layouts, with a known truth.",
        kinds={"python"},
        code_version=code_of(step),
    )
    @once(edition, step, [key(edition, "raw", "generated")])
    def files(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipeline.sample import generate  # noqa: PLC0415 - only where a sample is made

        truth = generate(edition.published_files)
        for path in sorted(edition.published_files.rglob("*")):
            if path.is_file():
                edition.share(path)
        written = manifest(edition.published_files)
        for name in ("MANIFEST.csv", *written):
            trace.made(f"generated:{name}")
        context.log.info(f"{len(written)} synthetic files written")
        return dg.MaterializeResult(metadata={"truth": dg.MetadataValue.json(truth.summary())})

    return files


def command(edition: Edition, mirror: Mirror) -> str:
    """The command that says what a noticed file would change."""
    folder = None if edition.synthetic else mirror.path()
    return f"rapport releases {edition.name}" + (f" --mirror {folder}" if folder else "")


@cache
def freshness(calendar: Calendar | None) -> dg.FreshnessPolicy | None:
    """By when a source should have been looked at after its publisher's release day.

    Dagster tries out each policy's cron line for years ahead, so sources of one calendar share one.
    """
    if calendar is None:
        return None
    cron, back = calendar.deadline
    return dg.FreshnessPolicy.cron(cron, back, ZONE)


def raw_asset(edition: Edition, source: Source) -> dg.AssetsDefinition:
    """The asset that brings a source's files."""
    step = raw_step(edition, source)

    @dg.asset(
        key=key(edition, "raw", source.name),
        group_name=source_group(edition, source),
        tags=source_tags(edition, source),
        owners=DATA_TEAM,
        deps=[key(edition, "raw", "generated")] if edition.synthetic else [],
        description="Files as published, byte for byte, verified by sha256.\n\n"
        + shown.about_source(edition, source),
        kinds=shown.file_kinds(source),
        code_version=code_of(step),
        freshness_policy=freshness(source.calendar) if not edition.synthetic else None,
    )
    @once(edition, step, [key(edition, "raw", source.name)])
    def files(context: dg.AssetExecutionContext, mirror: Mirror) -> dg.MaterializeResult[None]:
        why = switched_off().get(source.name)
        if why is not None:
            edition.record("fetched", source.name, [])
            keep(edition, "looked", source.name, [])
            context.log.info(f"switched off: {why}")
            return dg.MaterializeResult(metadata=shown.switched_off(edition, why))
        if edition.synthetic:
            folder: Path | None = edition.published_files
            for name in ("MANIFEST.csv", *(release.file for release in source.releases)):
                edition.bring(edition.published_files / name)
            hashes = manifest(edition.published_files)
        else:
            folder, hashes = mirror.path(), None
        if folder is not None:
            noticed = [
                one for one in look(source, edition, folder, hashes) if one.kind != "missing"
            ]
            keep(edition, "looked", source.name, noticed)
            for notice in noticed:
                context.log.warning(line(notice, command(edition, mirror)))
        for release in source.releases:
            edition.bring(edition.raw / release.file)
        fetched = fetch(source, edition, folder, hashes, context.log.info)
        for file in fetched:
            trace.made(f"raw:{file.file}")
            if edition.synthetic:
                trace.read(f"generated:{file.file}")
            if file.how != "kept":
                edition.share(edition.raw / file.file)
        # Not how each was had: the same files leave the same record.
        known = [{"file": one.file, "sha256": one.sha256, "bytes": one.bytes} for one in fetched]
        edition.record("fetched", source.name, known)
        records = [asdict(one) for one in fetched]
        return dg.MaterializeResult(metadata=shown.raw(edition, source, records))

    return files


def raw_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All raw assets of an edition."""
    made = [generated(edition)] if edition.synthetic else []
    return made + [raw_asset(edition, source) for source in sources().values()]
