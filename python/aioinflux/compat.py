"""Provides pandas and numpy as aioinflux 0.9 did, but imports them only on demand.

`pd` and `np` are the modules pandas and numpy, or `None` if the modules are not installed. In
aioinflux 0.9, pandas and numpy were always imported if they were installed. `aioredis` and `lz4`
are always `None`, because the Redis cache no longer exists.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["aioredis", "lz4", "no_pandas_warning", "no_redis_warning", "np", "pd"]

no_pandas_warning = "Pandas/Numpy is not available. Support for 'dataframe' mode is disabled."
no_redis_warning = "Redis dependencies not available. Support for caching is disabled."

aioredis: Any = None
lz4: Any = None
pd: Any
np: Any

_MODULES = {"pd": "pandas", "np": "numpy"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return importlib.import_module(_MODULES[name])
    except ModuleNotFoundError:
        return None
