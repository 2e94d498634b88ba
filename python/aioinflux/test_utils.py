"""Creates random points and DataFrames, for tests and experiments."""

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
    """Returns the current time in UTC, at least one microsecond after the time that the last call
    returned, because points with equal times overwrite each other."""
    global _last
    _last = max(time.time_ns() // 1000, _last + 1)
    return datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(
        microseconds=_last
    )


def random_point() -> dict[str, Any]:
    """Creates a point whose tag key, tag value and field keys are hard to encode.

    Returns:
        A mapping with `measurement`, `tags`, `time` (UTC, strictly increasing from call to call)
        and `fields`. One field key contains a newline, which no server can store; `write` removes
        the newline, with a warning.
    """
    return {
        "measurement": "test_measurement",
        "tags": {"tag key with sp🚀ces": 'tag,value,with"commas"'},
        "time": _next_time(),
        "fields": {"fi\neld_k\\ey": random.randint(0, 200), "quote": '"'},
    }


def random_points(n: int = 10) -> list[dict[str, Any]]:
    """Creates a list of `n` points, each of which is a result of `random_point`."""
    return [random_point() for _ in range(n)]


def random_dataframe() -> pd.DataFrame:
    """Creates a DataFrame of 50 rows with random values.

    Returns:
        A DataFrame with five columns of random walks, whose names are three capital letters, and a
        column `tag` with the letters A to E. The index has steps of 90 minutes and ends now (UTC).
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
