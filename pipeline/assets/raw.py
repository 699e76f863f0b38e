"""Published files: generated for the sample, fetched for everything else."""

from dataclasses import asdict
from pathlib import Path

import dagster as dg

from pipeline.assets import shown
from pipeline.assets.keys import DATA_TEAM, group, key, source_group, source_tags, tags
from pipeline.edition import Edition
from pipeline.fetch import fetch, manifest
from pipeline.notices import keep, line
from pipeline.releases import look
from pipeline.settings import settings
from pipeline.source import Source
from pipeline.sources import sources
from pipeline.switches import switched_off


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

    @dg.asset(
        key=key(edition, "raw", "generated"),
        group_name=group(edition, "generated"),
        tags=tags(edition),
        owners=DATA_TEAM,
        description="A synthetic England in the publishers' own file layouts, with a known truth.",
        kinds={"python"},
    )
    def files(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipeline.sample import generate  # noqa: PLC0415 - only where a sample is made

        truth = generate(edition.published_files)
        for path in sorted(edition.published_files.rglob("*")):
            if path.is_file():
                edition.share(path)
        context.log.info(f"{len(manifest(edition.published_files))} synthetic files written")
        return dg.MaterializeResult(metadata={"truth": dg.MetadataValue.json(truth.summary())})

    return files


def command(edition: Edition, mirror: Mirror) -> str:
    """The command that says what a noticed file would change."""
    folder = None if edition.synthetic else mirror.path()
    return f"rapport releases {edition.name}" + (f" --mirror {folder}" if folder else "")


def raw_asset(edition: Edition, source: Source) -> dg.AssetsDefinition:
    """The asset that brings a source's files."""

    @dg.asset(
        key=key(edition, "raw", source.name),
        group_name=source_group(edition, source),
        tags=source_tags(edition, source),
        owners=DATA_TEAM,
        deps=[key(edition, "raw", "generated")] if edition.synthetic else [],
        description="Files as published, byte for byte, verified by sha256.\n\n"
        + shown.about_source(edition, source),
        kinds=shown.file_kinds(source),
    )
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
            for one in noticed:
                context.log.warning(line(one, command(edition, mirror)))
        for release in source.releases:
            edition.bring(edition.raw / release.file)
        fetched = fetch(source, edition, folder, hashes, context.log.info)
        for file in fetched:
            if file.how != "kept":
                edition.share(edition.raw / file.file)
        records = [asdict(one) for one in fetched]
        edition.record("fetched", source.name, records)
        return dg.MaterializeResult(metadata=shown.raw(edition, source, records))

    return files


def raw_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All raw assets of an edition."""
    made = [generated(edition)] if edition.synthetic else []
    return made + [raw_asset(edition, source) for source in sources().values()]
