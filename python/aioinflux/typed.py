"""Marks for the attributes of typed points, as annotations that every type checker accepts.

```python
@lineprotocol
class Load(NamedTuple):
    time: Annotated[int, Time]
    host: Annotated[str, Tag]
    load: float
```

If at least one attribute of a class has a mark of this module, attributes without a mark are fields
if their type is `float`, `int`, `bool`, `str`, `Decimal` or an enum. The markers of aioinflux 0.9
(`TAG`, `FLOAT` and so on) are in the package `aioinflux` itself. A class can use these markers
together with the marks of this module.
"""

from __future__ import annotations

from ._marks import Field, Measurement, Tag, Time
from .serialization.usertype import SchemaError, lineprotocol, reader

__all__ = ["Field", "Measurement", "SchemaError", "Tag", "Time", "lineprotocol", "reader"]
