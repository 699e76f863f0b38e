"""What tests do to, and ask of, a data folder in which the sample has been run."""

import csv
import hashlib

from pipeline.edition import SAMPLE


def declare(file: str) -> None:
    """Give the manifest the file's present hash, as if the publisher had published it so."""
    manifest = SAMPLE.published_files / "MANIFEST.csv"
    with manifest.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if row["file"] == file:
            content = (SAMPLE.published_files / file).read_bytes()
            row["sha256"] = hashlib.sha256(content).hexdigest()
    with manifest.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def hashes() -> dict[str, str]:
    """Table, as ``layer.name``, to the hash of its file."""
    folder = SAMPLE.folder / "tables"
    return {
        f"{path.parent.name}.{path.stem}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.parquet")
    }
