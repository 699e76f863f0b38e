"""Serving the published reports beside Dagster's UI, so that its links open in a browser.

A browser refuses to open files from a page that was served; on this machine alone, nobody else is
let in. What is served is the published version at the moment of asking.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.edition import EDITIONS

HERE = ("localhost", "127.0.0.1")


class _Reports(SimpleHTTPRequestHandler):
    """``/england/...`` from the report's folder of that edition; nothing else."""

    def translate_path(self, path: str) -> str:
        """The file of an address."""
        name, _, rest = urlsplit(path).path.lstrip("/").partition("/")
        edition = EDITIONS.get(name)
        if edition is None:
            return str(Path(self.directory) / "no such edition")
        self.directory = str(edition.report.parent)
        return super().translate_path(f"/{rest}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each page."""


@contextmanager
def served(address: str) -> Iterator[str]:
    """Serve the reports at an address of this machine while the block runs.

    Yields:
        What to tell whoever started it: where the reports are, or why they are not served here.
    """
    parts = urlsplit(address)
    if parts.hostname not in HERE:
        yield f"Reports: {address} (RAPPORT_SITE_URL), served by somebody else"
        return
    try:
        server = ThreadingHTTPServer((HERE[1], parts.port or 80), _Reports)
    except OSError as problem:
        yield (
            f"The reports are not served: {address} cannot be used ({problem.strerror}). Set "
            "RAPPORT_SITE_URL to a free one, such as http://localhost:3002"
        )
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "Reports: " + ", ".join(f"{address.rstrip('/')}/{name}/" for name in EDITIONS)
    finally:
        server.shutdown()
        server.server_close()
