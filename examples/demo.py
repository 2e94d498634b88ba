"""The program that `make demo` runs: it starts a private InfluxDB, writes a point and a DataFrame,
and reads both."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pandas as pd

from aioinflux import AsyncInfluxDBClient

# The module that starts private servers is a tool in this source tree, and no part of the package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from influxd import Influxd, InfluxdError

POINT = {
    "time": "2009-11-10T23:00:00Z",
    "measurement": "cpu_load_short",
    "tags": {"host": "server01", "region": "us-west"},
    "fields": {"value": 0.64},
}


async def points(host: str, port: int) -> None:
    """Creates the database, writes one point, and reads the point back."""
    async with AsyncInfluxDBClient(host=host, port=port, db="testdb") as client:
        await client.create_database(db="testdb")
        await client.write(POINT)
        answer = await client.query("SELECT value FROM cpu_load_short")
    print("\nThe point, as the server's JSON:")
    print(answer)


def frames(host: str, port: int) -> None:
    """Writes a DataFrame with one tag column, and reads it back as a DataFrame."""
    index = pd.date_range("2017-06-24 08:45:17.929097", periods=4, freq="90min", tz="UTC")
    df = pd.DataFrame(
        {"LUY": [2.545409, -0.306673, 0.894738, -1.799512], "BEM": [5173, -1132, -561, -1722]},
        index=index,
    )
    df["tag"] = ["B", "E", "B", "D"]
    with AsyncInfluxDBClient(host=host, port=port, db="testdb", mode="dataframe") as client:
        client.write(df, measurement="prices", tag_columns=["tag"], asset_class="equities")
        back = client.query('SELECT LUY, BEM, "tag", asset_class FROM prices')
    print("\nThe DataFrame, written with the tag column `tag`, and read back:")
    print(back)


def main() -> None:
    with Influxd() as server:
        print(f"A private InfluxDB listens on {server.url}")
        asyncio.run(points(server.host, server.port))
        frames(server.host, server.port)
    print("\nThe server is stopped, and its files are removed.")


if __name__ == "__main__":
    try:
        main()
    except InfluxdError as error:
        sys.exit(f"need: {error}")
