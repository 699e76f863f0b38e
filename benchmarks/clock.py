"""How long a piece of work takes."""

import time
from collections.abc import Callable


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Least processor time of a few runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)
