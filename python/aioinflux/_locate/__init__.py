"""Determines the settings of a client from a URL, the environment or a configuration file.

`_precedence` decides which of several settings is used. `_url`, `_environment` and `_file` read the
sources, and convert texts with `_values`. `_gone` refuses arguments of aioinflux 0.9.
"""

from __future__ import annotations

from ._environment import from_environment
from ._file import from_file
from ._gone import refuse
from ._precedence import Located
from ._url import PORT, from_url, of_host, port

__all__ = [
    "PORT", "Located", "from_environment", "from_file", "from_url", "of_host", "port", "refuse",
]  # fmt: skip
