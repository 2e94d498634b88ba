"""Uses pandas to read times that are strings in other formats than ISO 8601.

This module detects whether pandas fills in missing parts of a date from the machine's current date,
and whether pandas reads the day or the month first. The encoder checks that the day and the month
have the same order in all strings of a call.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

__all__ = ["read"]

# Matches the beginning of strings that pandas completes with the current date in the machine's time
# zone.
_CLOCK = re.compile(r"\d{1,2}:")
_MONTH = re.compile(r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
# Matches a time of day with its UTC offset, whose numbers are not part of the date.
_TIME_OF_DAY = re.compile(
    r"\d+(?::\d+)+(?:[.,]\d+)?(?:\s*[+-]\d\d:?\d\d\b)?|\d+\s*[ap]\.?m\b", re.IGNORECASE
)
# Matches the digits after the microseconds; pandas ignores these digits in many strings.
_BEYOND_MICROSECONDS = re.compile(r":\d\d[.,]\d{6}(\d{1,3})")
# The pattern `_CAPITALS` matches words that dateutil reads as the name of a time zone; `_NO_ZONE`
# matches words that have another meaning.
_CAPITALS = re.compile(r"\b[A-Z]{2,5}\b")
_NO_ZONE = re.compile(
    "JAN|FEB|MAR(CH)?|APR(IL)?|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN"
    "|AM|PM|AT|ON|AND|AD|OF|ST|ND|RD|TH"
)


def read(text: str) -> tuple[datetime, int, str | None]:
    """Returns the time that a string names, the nanoseconds beyond its microseconds, and which part
    of the date comes first in the string.

    The third result is `month`, `day` or `year` if the string consists of numbers that were read in
    this order, whether or not another order is possible. The third result is `None` if the meaning
    of the string does not depend on an order, for example because the month is a name.

    Raises:
        ValueError: pandas cannot read the string, or does not know the time zone in it.
        OverflowError: the time does not fit in 64-bit nanoseconds since 1970.
    """
    import pandas as pd

    try:
        time: Any = pd.Timestamp(text)
    except pd.errors.OutOfBoundsDatetime:
        raise OverflowError(text) from None
    if time is pd.NaT:
        return time, 0, None
    if time.tzinfo is None:
        _check_zone(text)
    if time.year == 1:
        raise ValueError("the date has no year")
    if _CLOCK.match(text):
        time = _today(text)
    if not 1677 <= time.year <= 2262:
        raise OverflowError(text)
    digits = _BEYOND_MICROSECONDS.search(text)
    beyond = int(digits[1].ljust(3, "0")) if digits and not getattr(time, "nanosecond", 0) else 0
    return time, beyond, _order(text, time)


def _today(text: str) -> datetime:
    """Returns the time that a string names. The parts of the date that the string does not contain
    come from the current day.

    The current day is the day in UTC, or in the time zone that the string names.
    """
    from dateutil import parser  # type: ignore[import-untyped]

    time: datetime = parser.parse(text, default=_midnight(timezone.utc))
    if time.tzinfo is not None:
        time = parser.parse(text, default=_midnight(time.tzinfo))
    return time


def _midnight(zone: Any) -> datetime:
    now = datetime.now(zone)
    return datetime(now.year, now.month, now.day)


def _check_zone(text: str) -> None:
    """Refuses strings with names of time zones that pandas 2 ignores, because the time would be off
    by hours."""
    for word in _CAPITALS.findall(text):
        if not _NO_ZONE.fullmatch(word):
            raise ValueError(f"unknown time zone {word}; hint: write its offset, such as +01:00")


def _order(text: str, time: datetime) -> str | None:
    """Compares the string with the date that pandas has read, and returns which part of the date
    the string gives first: `month`, `day` or `year`. Returns `None` if this cannot be told, or does
    not matter."""
    if _MONTH.search(text):
        return None
    numbers: list[str] = re.findall(r"\d+", _TIME_OF_DAY.sub(" ", text))
    if numbers and len(numbers[0]) == 6:
        numbers = re.findall(r"\d\d", numbers[0])
    date = time.month, time.day
    for at, number in enumerate(numbers[:-1]):
        if len(number) > 2:
            # If the string begins with a year or a complete date, pandas never reads the day before
            # the month.
            return None
        first, second = int(number), int(numbers[at + 1])
        third = int(numbers[at + 2]) if at + 2 < len(numbers) else 0
        if first == second:
            # If the numbers of the day and the month are equal, both orders give the same date.
            continue
        if (first, second) == date:
            return "month"
        if (second, first) == date:
            return "day"
        if (second, third) == date and first == time.year % 100:
            return "year"
    return None
