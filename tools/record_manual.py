"""Records what a real InfluxDB 2.x answers to the code blocks of the manual.

    .venv/bin/python tools/record_manual.py http://127.0.0.1:8086

The server must have the organization `my-org` and the token `my-token`. The command deletes all
buckets of this organization, and writes `tests/captures/manual-2.9.jsonl`. Use a server that was
set up only for this purpose.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

import manual_2x  # noqa: E402
import pages  # noqa: E402
from aioinflux import InfluxDBClient  # noqa: E402
from influxd import Influxd  # noqa: E402


def prepare(url: str) -> None:
    """Deletes all buckets, and creates the empty bucket of the manual."""
    with InfluxDBClient(
        url,
        token=manual_2x.TOKEN,
        org=manual_2x.ORG,
        bucket=manual_2x.BUCKET,
        mode="blocking",
    ) as client:
        for bucket in client.buckets.list():
            if bucket.kind == "user":
                client.buckets.delete(bucket)
        client.buckets.create(manual_2x.BUCKET)


def main() -> None:
    parser = argparse.ArgumentParser(description="Records the answers of a 2.x server.")
    parser.add_argument("url", help="the server: http://HOST:PORT")
    url = parser.parse_args().url.rstrip("/")
    lines = []
    for page in pages.PAGES:
        for number, reading in enumerate(pages.readings(pages.of_page(page))):
            codes = [block for block in reading if block.runs]
            if not any(pages.is_2x(page, block) for block in codes):
                continue
            prepare(url)
            with (
                manual_2x.recording(url, page, number) as (server, found),
                Influxd() as influxd,
                tempfile.TemporaryDirectory() as folder,
            ):
                pages.run(page, codes, influxd, Path(folder), server)
            lines += [json.dumps(one, ensure_ascii=False) for one in found]
            print(f"{page}: {len(found)} requests")
    manual_2x.CAPTURES.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
