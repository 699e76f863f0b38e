"""Published files: generated for the sample, fetched for everything else."""

from dataclasses import asdict
from pathlib import Path

import dagster as dg

from pipeline.assets.keys import group, key, tags
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
        group_name=group(edition, "raw"),
        tags=tags(edition),
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
        group_name=group(edition, "raw"),
        tags=tags(edition),
        deps=[key(edition, "raw", "generated")] if edition.synthetic else [],
        description=f"{source.title}. {source.publisher}. Files as published, verified by sha256.",
        kinds={"file"},
    )
    def files(context: dg.AssetExecutionContext, mirror: Mirror) -> dg.MaterializeResult[None]:
        why = switched_off().get(source.name)
        if why is not None:
            edition.record("fetched", source.name, [])
            keep(edition, "looked", source.name, [])
            context.log.info(f"switched off: {why}")
            return dg.MaterializeResult(metadata={"switched off": why})
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
        edition.record("fetched", source.name, [asdict(one) for one in fetched])
        return dg.MaterializeResult(
            metadata={
                "files": len(fetched),
                "megabytes": round(sum(one.bytes for one in fetched) / 1e6, 2),
                "licence": source.licence,
                "provenance": source.grade,
            }
        )

    return files


def raw_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All raw assets of an edition."""
    made = [generated(edition)] if edition.synthetic else []
    return made + [raw_asset(edition, source) for source in sources().values()]
