"""Encodes and creates DataFrames, under the function names of aioinflux 0.9. This module imports
pandas only when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import _core, _frames
from .._lines import to_line_protocol

if TYPE_CHECKING:
    from typing import TypeAlias

    import pandas as pd

    DataFrameType: TypeAlias = (
        pd.DataFrame | dict[str, pd.DataFrame] | list[dict[str, pd.DataFrame]]
    )

__all__ = ["DataFrameType", "parse", "serialize"]


def serialize(
    df: pd.DataFrame,
    measurement: str | None,
    tag_columns: Iterable[object] | None = None,
    **extra_tags: object,
) -> bytes:
    """Encodes the rows of a DataFrame as lines, without a line feed after the last line.

    Args:
        df: The DataFrame, whose index holds the times.
        measurement: Measurement of all rows.
        tag_columns: Columns that become tags; all other columns become fields.
        **extra_tags: Tags for every row, which take precedence over columns of the same name.
    Raises:
        ValueError: no measurement is passed, or the index is not a `DatetimeIndex`.
    """
    import pandas as pd

    if measurement is None:
        raise ValueError("Missing 'measurement'")
    if not isinstance(df.index, pd.DatetimeIndex):
        raise ValueError("DataFrame index is not DatetimeIndex")
    return to_line_protocol(df, measurement, tag_columns, tags=extra_tags).removesuffix(b"\n")


def parse(resp: Mapping[str, Any]) -> DataFrameType:
    """Creates DataFrames from a decoded JSON answer whose times are nanoseconds or strings.

    Args:
        resp: The answer, or a chunk of the answer.
    Returns:
        For one statement with one series, a DataFrame. For one statement with no series or several
        series, a `dict` of DataFrames with keys such as `name,tag=value`. For several statements, a
        list of such dicts. The index of a DataFrame is the time in UTC, with nanoseconds, or the
        row number if there is no column `time`.
    """
    statements = [_statement(one.get("series", [])) for one in resp["results"]]
    if len(statements) > 1:
        return statements
    series: dict[str, Any] = statements[0] if statements else {}
    return next(iter(series.values())) if len(series) == 1 else series


def _statement(series: Iterable[Mapping[str, Any]]) -> dict[Any, pd.DataFrame]:
    import pandas as pd

    parts: dict[str | None, list[pd.DataFrame]] = {}
    for one in series:
        # The keys that mark a chunk of a longer answer are left out of the result.
        kept = {key: one[key] for key in ("name", "tags", "columns", "values") if key in one}
        import json

        body = json.dumps({"results": [{"series": [kept]}]}).encode()
        answer = _core.parse_answer(body, "application/json", "ns", True)
        frames = [frame for _, frame in _frames.frames(answer, False)]
        parts.setdefault(_name(one), []).extend(frames)
    return {
        name: frames[0] if len(frames) == 1 else pd.concat(frames) for name, frames in parts.items()
    }


def _name(series: Mapping[str, Any]) -> str | None:
    tags = (f"{key}={value}" for key, value in series.get("tags", {}).items())
    return ",".join(filter(None, [series.get("name"), *tags])) or None


def __getattr__(name: str) -> Any:
    from .. import compat

    if name in ("pd", "np"):
        return getattr(compat, name)
    if name == "DataFrameType":
        from typing import Union

        frame: Any = compat.pd.DataFrame if compat.pd else object
        return Union[frame, dict[str, frame], list[dict[str, frame]]]  # noqa: UP007
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
