"""Defines the type of list that queries return for several series.

A `SeriesList` is a `list` of pairs `(name, series)` with its own display. This module knows nothing
about a series except that it can have its own display.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from . import _core, _plot, _show

__all__ = ["SeriesList"]

# The number of series that are displayed at each end of the list, of rows at each end of a series,
# and of lines for any other object.
_TEXTS = 2
_HTMLS = 5
_ROWS = 2
_LINES = 12
_LINE = 100


class SeriesList(list[tuple[str | None, Any]]):
    """Several series: a list that contains one pair `(name, series)` for each series, in the order
    of the answer."""

    def __repr__(self) -> str:
        if not _are_named(self):
            return super().__repr__()
        lines = [f"<{len(self):,} series, {sum(len(one) for _, one in self):,} rows>"]
        for number in _ends(len(self), _TEXTS):
            if number is None:
                last = min(len(self) - _TEXTS, _TEXTS + _LINE)
                names = (_named(*one) for one in itertools.islice(self, _TEXTS, last))
                left_out = f"… {len(self) - 2 * _TEXTS:,} more series: {'; '.join(names)}"
                lines.append(_show.clean(left_out, _LINE))
            else:
                lines.append(_indented(f"[{number}] ", _text(*self[number])))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not _are_named(self):
            return f"<pre>{_escaped(super().__repr__())}</pre>"
        parts = [f"<p>{len(self):,} series, {sum(len(one) for _, one in self):,} rows</p>"]
        for number in _ends(len(self), _HTMLS):
            if number is None:
                parts.append(f"<p>… {len(self) - 2 * _HTMLS:,} more series</p>")
                continue
            name, one = self[number]
            head = _escaped(f"[{number}] {_named(name, one)}: {len(one):,} rows")
            is_open = "" if number else " open"
            body = f"<summary>{head}</summary>{_html(one)}"
            parts.append(f"<details{is_open}>{body}</details>")
        return f"<div>{''.join(parts)}</div>"

    def plot(self, columns: Iterable[str] | None = None, ax: Any = None, **kwargs: Any) -> Any:
        """Draws numeric columns over time with matplotlib, one line for each column of each series.

        Args:
            columns: Names of the columns to draw. If `columns` is `None`, all numeric columns are
                drawn.
            ax: `matplotlib.axes.Axes` to draw on. The title and the ticks of these axes are left
                unchanged. If `ax` is `None`, a new figure is created.
            **kwargs: Keyword arguments for `ax.plot`.
        Returns:
            The axes. Nulls are left out.
        Raises:
            ImportError: matplotlib is not installed.
            ValueError: no series has one of the columns, or none of the series has a numeric
                column.
            TypeError: one of the columns does not hold numbers.
        """
        return _plot.plot(self, columns, ax, kwargs)


def _are_named(items: Iterable[Any]) -> bool:
    """Returns whether all items of the list are named series, because users can put anything into
    the list."""
    return all(
        isinstance(item, tuple)
        and len(item) == 2
        and (item[0] is None or isinstance(item[0], str))
        and hasattr(item[1], "__len__")
        for item in items
    )


def _ends(length: int, count: int) -> list[int | None]:
    """Returns the positions of the first and the last items of a list. A `None` between the first
    and the last positions represents the positions that are left out."""
    if length <= 2 * count:
        return list(range(length))
    return [*range(count), None, *range(length - count, length)]


def _named(name: str | None, one: Any) -> str:
    """Returns a short description of a series, which consists of its name and its tags."""
    label = _show.label_of_tags(_show.tags_of(one))
    return _show.clean(f"{name!r} {label}".rstrip(), _LINE)


def _text(name: str | None, one: Any) -> str:
    if isinstance(one, (_core.Table, _core.Rows)):
        return _show.as_text(_show.view(one, _ROWS))
    lines = repr(one).splitlines()
    if len(lines) > _LINES:
        lines = [*lines[: _LINES // 2], "…", *lines[-_LINES // 2 :]]
    return "\n".join([_named(name, one), *lines])


def _html(one: Any) -> str:
    make = getattr(one, "_repr_html_", None)
    made = make() if make else None
    if isinstance(made, str):
        return made
    lines = repr(one).splitlines()[: 2 * _LINES]
    return f"<pre>{_escaped(chr(10).join(lines))}</pre>"


def _escaped(text: str) -> str:
    import html

    return html.escape(text)


def _indented(mark: str, text: str) -> str:
    return mark + text.replace("\n", "\n" + " " * len(mark))
