"""Holds marks for the attributes of typed points, in a form that every type checker accepts.

```python
@lineprotocol
class Load(NamedTuple):
    time: Annotated[int, Time]
    host: Annotated[str, Tag]
    load: float
```

If at least one attribute of a class has a mark of this module, the other attributes need no mark.
In a class with marks, an attribute without a mark is a field if its type is `float`, `int`, `bool`,
`str`, `Decimal` or an enum. The markers of aioinflux 0.9 (`TAG`, `FLOAT` and so on) are in the
package `aioinflux` itself. A class can use the markers of aioinflux 0.9 together with the marks of
this module.
"""

from __future__ import annotations

from ._marks import Field, Measurement, Tag, Time
from .serialization.usertype import SchemaError, lineprotocol, reader

__all__ = ["Field", "Measurement", "SchemaError", "Tag", "Time", "lineprotocol", "reader"]
