"""A quiet end of the process."""

import atexit
import os


def quiet_exit() -> None:
    """Say nothing while the process ends.

    DuckDB's binding prints pages about objects that other libraries keep to the very end.
    """
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
