"""Family W2z of the benchmarks: the lines of W2 as a body compressed with gzip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .. import lines, ours, writers
from ..case import OURS, Case, Subject, Work
from ..writers import Writer
from .w2 import FEWER, ROWS, categorical, subject

# The number of rows in the sample is large enough to measure a compression ratio.
SAMPLE = 20_000


def sized(writer: Callable[[Any], Writer], rows: int | None = None) -> Subject:
    """Returns a subject that writes bodies compressed with gzip and returns their size. The finding
    of the subject includes the compression ratio."""
    plain = subject(writer, categorical)

    def make(count: int) -> Work:
        work = plain.make(count)

        def check() -> dict[str, str]:
            run, text_of = writer(categorical(SAMPLE))
            ratio = len(text_of(None)) / run()
            return {**(work.check() if work.check else {}), "ratio": f"{ratio:.2f}"}

        return Work(work.run, check)

    return Subject(make, rows=rows)


def compare(own: dict[str, str] | None, theirs: dict[str, str] | None) -> str:
    words = lines.compare(own, theirs)
    ratio = f"compresses {theirs['ratio']} times" if theirs else ""
    return "; ".join(filter(None, (ratio, words)))


def bodies(data: Any, compress: Callable[[Any], bytes]) -> Writer:
    """Our lines. Each batch is compressed separately and dropped before the next batch is encoded,
    as in `write`."""
    import gzip

    from aioinflux import line_batches

    args, more = ours.arguments(data)

    def made() -> Iterator[bytes]:
        return map(compress, line_batches(*args, **more, threads=1))

    return lambda: sum(map(len, made())), lambda _: gzip.decompress(b"".join(made()))


def product(data: Any) -> Writer:
    """Compresses the lines with the compressor that `write` uses."""
    return bodies(data, lambda batch: batch.gzip())


def isal(data: Any) -> Writer:
    """Compresses the lines with igzip (ISA-L), a fast general-purpose compressor."""
    from isal import igzip

    return bodies(data, partial(igzip.compress, compresslevel=1))


def client(data: Any) -> Writer:
    run, text_of = writers.gzipped(writers.influxdb_client_frame(data))
    return lambda: len(run()), lambda _: text_of(run())


CASES = [
    Case(
        name="W2z categorical as gzip, 1 thread",
        rows=ROWS,
        subjects={
            OURS: sized(product),
            "our lines, then ISA-L level 1": sized(isal),
            "influxdb-client": sized(client, FEWER),
        },
        at_least={"influxdb-client": 45, "our lines, then ISA-L level 1": 1.6},
        compare=compare,
    )
]
