"""Checks the pages of the manual: `own_host.py DIRECTORY` fails if a page would load anything from
another host.

Links to other hosts that a reader can follow are allowed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
FOREIGN = re.compile(r"(?:https?:)?//")
IN_STYLES = re.compile(r"(?:\burl\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")


class Loads(HTMLParser):
    """Collects the addresses on other hosts from which an HTML page loads something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get(LOADED.get(tag, ""))
        # The browser does not load the canonical address of a page.
        if address and FOREIGN.match(address) and values.get("rel") != "canonical":
            self.found.append(address)


def foreign(path: Path) -> Iterator[str]:
    """Yields the addresses on other hosts from which a page or a style sheet loads something."""
    text = path.read_text()
    if path.suffix == ".html":
        page = Loads()
        page.feed(text)
        yield from page.found
    yield from IN_STYLES.findall(text)


def main() -> None:
    paths = [path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".html", ".css")]
    found = [f"{path}: {address}" for path in sorted(paths) for address in foreign(path)]
    if found or not paths:
        sys.exit("\n".join(found) or f"{sys.argv[1]} has no pages")


if __name__ == "__main__":
    main()
