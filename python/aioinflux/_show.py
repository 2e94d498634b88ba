"""Displays results as text in a terminal, and as HTML in a notebook.

The functions are pure: they take the names and kinds of the columns, a few rows, and the number of
all rows. However large a result is, only its first and last rows are converted to Python objects.
Data from the server can be hostile, so control characters are escaped in text, and HTML is always
escaped.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = [
    "View",
    "as_html",
    "as_text",
    "clean",
    "html",
    "label_of_tags",
    "tags_of",
    "text",
    "view",
]

# The number of rows that are displayed at the beginning and at the end of a series.
_ROWS = 5
# The maximum number of characters in a line of text, in a table cell as text, and in a table cell
# as HTML.
_LINE = 100
_CELL = 32
_HTML_CELL = 100
_HTML_COLUMNS = 30
# The kinds of columns whose cells are aligned on the right.
_NUMBERS = ("float", "integer", "unsigned", "number")

_EPOCH = datetime.datetime(1970, 1, 1)
_SECOND_NS = 1_000_000_000


class View(NamedTuple):
    """The parts of one series that are displayed.

    The attribute `kinds` holds the kind of each column. A kind is `time`, `float`, `integer`,
    `unsigned`, `boolean`, `string`, `tag`, `null` (no values at all), `number` or `mixed` (values
    of several kinds). A time is the number of units since 1970; one unit is `unit` nanoseconds
    long. The attribute `last` is empty if `first` holds all rows of the series.
    """

    title: str
    name: str | None
    tags: Mapping[str, str]
    columns: Sequence[str]
    kinds: Sequence[str]
    unit: int
    first: Sequence[Sequence[object]]
    last: Sequence[Sequence[object]]
    length: int


def text(series: Any) -> str:
    """Returns the text of `repr` for a `Table` or `Rows` object."""
    return as_text(view(series))


def html(series: Any) -> str:
    """Returns the HTML of a `Table` or `Rows` object for notebooks."""
    return as_html(view(series))


def view(series: Any, rows: int = _ROWS) -> View:
    """Returns the parts of a `Table` or `Rows` object to display, with at most `rows` rows at each
    end."""
    length = len(series)
    split = length if length <= 2 * rows else rows
    return View(
        type(series).__name__,
        series.name,
        series.tags,
        series.columns,
        series._kinds,
        series._unit,
        _listed(series._rows(0, split)),
        _listed(series._rows(max(split, length - rows), length)),
        length,
    )


def _listed(lists: Iterable[list[Any]]) -> list[Any]:
    return [row for rows in lists for row in rows]


def as_text(shown: View) -> str:
    """Returns the text of a series: a heading, the tags, the names and kinds of the columns, and
    the rows."""
    name = "" if shown.name is None else f" {clean(repr(shown.name), _LINE)}"
    lines = [f"<{shown.title}{name}: {_counted(shown)}>"]
    if shown.tags:
        lines.append(clean(f"tags: {label_of_tags(shown.tags)}", _LINE))
    if not shown.columns:
        return "\n".join(lines)
    columns: list[list[str]] = []
    width = 0
    for position, kind in enumerate(shown.kinds):
        cells = _column(shown, position, kind)
        width += max(map(_width, cells)) + 2
        if columns and width > _LINE + 2:
            break
        columns.append(_aligned(cells, kind in _NUMBERS))
    lines.extend("  ".join(row).rstrip() for row in zip(*columns, strict=True))
    if hidden := list(shown.columns[len(columns) :]):
        names = ", ".join(clean(name, _CELL) for name in hidden[:_LINE])
        lines.append(clean(f"and {_number(len(hidden), 'column')} more: {names}", _LINE))
    return "\n".join(lines)


def as_html(shown: View) -> str:
    """Returns an HTML table in a `div` with a heading, the tags, the names and kinds of the
    columns, and the rows."""
    name = "" if shown.name is None else f" <b>{_escaped(shown.name)}</b>"
    head = f"{_escaped(shown.title)}{name}: {_counted(shown)}"
    if shown.tags:
        head += f"<br>tags: {_escaped(label_of_tags(shown.tags), 10 * _HTML_CELL)}"
    kinds = list(shown.kinds[:_HTML_COLUMNS])
    hidden = list(shown.columns[_HTML_COLUMNS:])
    more = "<th>…</th>" if hidden else ""
    names = "".join(
        f"<th>{_escaped(name)}<br><small>{kind}</small></th>"
        for name, kind in zip(shown.columns, kinds, strict=False)
    )
    rows = [_html_row(row, kinds, shown.unit, bool(hidden)) for row in shown.first]
    if shown.last:
        left_out = shown.length - len(shown.first) - len(shown.last)
        if left_out:
            wide = len(kinds) + bool(hidden)
            rows.append(f'<tr><td colspan="{wide}">… {_number(left_out, "row")} more</td></tr>')
        rows.extend(_html_row(row, kinds, shown.unit, bool(hidden)) for row in shown.last)
    table = f"<thead><tr>{names}{more}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f"<div><p>{head}</p><table>{table}</table></div>"


def label_of_tags(tags: Mapping[str, str]) -> str:
    """Returns the tags of a series as a string, such as `host=a, region=eu`."""
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def tags_of(series: Any) -> Mapping[str, str]:
    """Returns the tags of GROUP BY of a series, which can be one of our own types or of our
    DataFrames. Of a Flux table, returns the texts in its group key."""
    tags = getattr(series, "tags", None)
    if tags is None:
        attrs = getattr(series, "attrs", None)
        if not isinstance(attrs, dict):
            return {}
        tags = attrs.get("tags")
        if tags is None and isinstance(group := attrs.get("group"), dict):
            return {key: value for key, value in group.items() if isinstance(value, str)}
    return tags if isinstance(tags, dict) else {}


def clean(text: str, limit: int) -> str:
    """Returns a string as one line; the string is cut to `limit` characters before its control
    characters are escaped.

    Characters that are invisible or change the writing direction are escaped like control
    characters.
    """
    if len(text) > limit:
        text = f"{text[: limit - 1]}…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _counted(shown: View) -> str:
    return f"{_number(shown.length, 'row')}, {_number(len(shown.columns), 'column')}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _column(shown: View, position: int, kind: str) -> list[str]:
    """Returns the displayed lines of a column: its name, its kind, and its cells, with a gap in
    place of the omitted rows."""
    cells = [clean(shown.columns[position], _CELL), kind]
    cells.extend(clean(_cell(row[position], kind, shown.unit), _CELL) for row in shown.first)
    if shown.length > len(shown.first) + len(shown.last):
        cells.append("…")
    cells.extend(clean(_cell(row[position], kind, shown.unit), _CELL) for row in shown.last)
    return cells


def _cell(value: object, kind: str, unit: int) -> str:
    if value is None:
        return "null"
    if kind == "time" and isinstance(value, int):
        return _time(value * unit)
    # A string can be long, so only its beginning is read.
    return value[: _HTML_CELL + 1] if isinstance(value, str) else str(value)


def _time(nanoseconds: int) -> str:
    """Returns a time as ISO 8601 in UTC, with as many decimals as needed.

    If the year is out of range for `datetime`, returns the number of nanoseconds since 1970
    instead.
    """
    seconds, rest = divmod(nanoseconds, _SECOND_NS)
    try:
        at = _EPOCH + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return str(nanoseconds)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{at.isoformat()}{fraction}Z"


def _width(text: str) -> int:
    """Returns the number of columns that a string takes in a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _aligned(cells: list[str], right: bool) -> list[str]:
    width = max(map(_width, cells))
    gaps = [" " * (width - _width(cell)) for cell in cells]
    if right:
        return [gap + cell for cell, gap in zip(cells, gaps, strict=True)]
    return [cell + gap for cell, gap in zip(cells, gaps, strict=True)]


def _escaped(text: str, limit: int = _HTML_CELL) -> str:
    import html

    return html.escape(clean(text, limit))


def _html_row(row: Sequence[object], kinds: Sequence[str], unit: int, more: bool) -> str:
    cells = "".join(
        f'<td style="text-align: {"right" if kind in _NUMBERS else "left"}">'
        f"{_escaped(_cell(value, kind, unit))}</td>"
        for value, kind in zip(row, kinds, strict=False)
    )
    return f"<tr>{cells}{'<td>…</td>' if more else ''}</tr>"
