"""Random points and DataFrames, for tests and trials."""

from __future__ import annotations

import datetime
import random
import string
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["random_dataframe", "random_point", "random_points"]

_last = 0


def _next_time() -> datetime.datetime:
    """Returns the current time in UTC, but at least one microsecond more than the last returned
    time, because points with equal times overwrite each other."""
    global _last
    _last = max(time.time_ns() // 1000, _last + 1)
    return datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(
        microseconds=_last
    )


def random_point() -> dict[str, Any]:
    """A point with a hostile tag and hostile field names.

    Returns:
        A mapping with `measurement`, `tags`, `time` (UTC, strictly increasing from call to call)
        and `fields`. One field key contains a newline, which no server stores: `write` removes it,
        with a warning.
    """
    return {
        "measurement": "test_measurement",
        "tags": {"tag key with sp🚀ces": 'tag,value,with"commas"'},
        "time": _next_time(),
        "fields": {"fi\neld_k\\ey": random.randint(0, 200), "quote": '"'},
    }


def random_points(n: int = 10) -> list[dict[str, Any]]:
    """A list of `n` points, each as from `random_point`."""
    return [random_point() for _ in range(n)]


def random_dataframe() -> pd.DataFrame:
    """A DataFrame of 50 rows.

    Returns:
        Five columns of random walks with names of three capital letters, a column `tag` of the
        letters A to E, and an index of steps of 90 minutes that ends now (UTC).
    """
    import numpy as np
    import pandas as pd

    rows, walks = 50, 5
    labels: list[str] = []
    while len(labels) < walks:
        label = "".join(random.choices(string.ascii_uppercase, k=3))
        if label not in labels:
            labels.append(label)
    generator = np.random.default_rng()
    frame = pd.DataFrame(
        generator.normal(0, 1, (rows, walks)).cumsum(axis=0),
        columns=labels,
        index=pd.date_range(end=_next_time(), periods=rows, freq="90min"),
    )
    frame["tag"] = [random.choice(string.ascii_uppercase[:5]) for _ in range(rows)]
    return frame
