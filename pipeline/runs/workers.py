"""Where independent pieces of work (specifications, panels, worlds) are computed."""

from collections.abc import Iterator
from contextlib import contextmanager

import joblib

from pipeline.settings import SettingsError, settings


@contextmanager
def workers() -> Iterator[None]:
    """Within the block joblib's work goes to the Dask cluster that ``RAPPORT_DASK`` names.

    Where it names none, joblib does as it is configured: processes of this machine. The results
    are the same bytes.

    Raises:
        SettingsError: Dask is not installed, or no scheduler answers at the address.
    """
    address = settings().dask
    if address is None:
        yield
        return
    try:
        from distributed import Client  # noqa: PLC0415 - an optional part
    except ImportError as problem:
        raise SettingsError(
            "RAPPORT_DASK: Dask is not installed; install the project with [dask]"
        ) from problem
    try:
        client = Client(address)  # type: ignore[no-untyped-call]
    except OSError as problem:
        raise SettingsError(f"RAPPORT_DASK: no scheduler answers at {address}") from problem
    with client, joblib.parallel_config(backend="dask"):
        yield
