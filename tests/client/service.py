"""``revrec serve`` as a process of its own, and the demonstration's files of some contracts."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from revrec.runtime.settings import Settings

_LOOK_SECONDS = 0.05
_LOOKS_MAX = 6_000


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that listens."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def is_listening(self) -> bool:
        """Whether anybody takes connections there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.url.rpartition(":")[2]))) == 0


def started(settings: Settings, log: Path, *, workers: int, clock: str) -> Service:
    """A service on the settings' database and lake, once it listens."""
    assert settings.database_url is not None
    with log.open("ab") as file:
        before = file.tell()
        process = subprocess.Popen(
            [
                Path(sys.executable).with_name("revrec"),
                *("serve", "--port", "0", "--workers", str(workers)),
            ],
            env={
                **os.environ,
                "REVREC_HOME": str(settings.home),
                "REVREC_LAKE": settings.lake_root,
                "REVREC_DATABASE_URL": settings.database_url.get_secret_value(),
                "REVREC_CLOCK": clock,
                "REVREC_KEY": "dora-key",
            },
            stderr=file,
        )
    found: list[re.Match[str]] = []

    def told() -> bool:
        assert process.poll() is None, log.read_text()
        with log.open() as file:
            file.seek(before)
            found.extend(re.finditer(r"Serving on (http://\S+:\d+),", file.read()))
        return bool(found)

    until(told)
    return Service(process=process, url=found[0][1], log=log)


def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(_LOOKS_MAX):
        if reached():
            return
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"never became so: {reached}")


def keep_contracts(folder: Path, kept: Callable[[str], bool]) -> None:
    """Leave in the files of the demonstration what is of the contracts that are kept."""
    for path in folder.glob("*/*.ndjson"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(each for each in lines if _is_kept(json.loads(each), kept)))
    for path in folder.glob("*/*.csv.gz"):
        reader = csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
        text = io.StringIO()
        writer = csv.DictWriter(text, reader.fieldnames or ())
        writer.writeheader()
        writer.writerows(row for row in reader if kept(row["contract"]))
        path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    for path in folder.glob("*/*.parquet"):
        table = pq.read_table(path)
        wanted = [each for each in pc.unique(table["contract"]).to_pylist() if kept(each)]
        pq.write_table(table.filter(pc.is_in(table["contract"], pa.array(wanted))), path)


def _is_kept(record: dict[str, str], kept: Callable[[str], bool]) -> bool:
    contract = record["id"] if record.get("kind") == "contract" else record.get("contract")
    return contract is None or kept(contract)
