"""Processes that ingest files, or rate what was counted, and may be killed while they do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pyarrow as pa

from revrec.commands.usage import ingest as command
from revrec.runtime.clock import FixedClock
from revrec.runtime.settings import Settings
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.lake_files import Part
from revrec.store.transaction import Transaction
from revrec.usage.ingest import ingest
from revrec.usage.rerating import rate_usage

CLOCK = datetime(2026, 2, 1, 9, tzinfo=UTC)


class DyingLake(Lake):
    """Dies when Delta has committed and PostgreSQL has not."""

    def append(
        self,
        tx: Transaction,
        table: str,
        data: pa.Table | Iterable[Part],
        batch: str,
        totals: Mapping[str, str] | Callable[[], Mapping[str, str]],
    ) -> int:
        """Append, then die as by ``kill -9``."""
        super().append(tx, table, data, batch, totals)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")


def bring(
    settings: Settings, path: Path, entity: int, *, say: Connection | None, dying: bool
) -> None:
    """Ingest the file; says so just before it begins."""
    lake = DyingLake(settings.lake_root) if dying else Lake(settings.lake_root)
    with Database.open(settings, FixedClock(CLOCK)) as database:
        if say is not None:
            say.send("begins")
        ingest(database, lake, path, source_name=path.name, entity=entity, actor="metering")


def bring_folder(settings: Settings, folder: Path, entity: int, *, say: Connection) -> None:
    """Ingest a folder by the command; says so just before it begins, and when it is done."""
    if settings.database_url is None:
        raise AssertionError("the tests have a server of their own")
    os.environ.update(
        REVREC_HOME=str(settings.home),
        REVREC_LAKE=settings.lake_root,
        REVREC_DATABASE_URL=settings.database_url.get_secret_value(),
        REVREC_ENTITY=str(entity),
        REVREC_CLOCK=CLOCK.isoformat(),
    )
    say.send("begins")
    command([str(folder)], actor="metering")
    say.send("is done")


def price(settings: Settings, entity: int, *, say: Connection | None, dying: bool) -> None:
    """Rate what was counted through the year; says so just before it begins."""
    lake = DyingLake(settings.lake_root) if dying else Lake(settings.lake_root)
    with Database.open(settings, FixedClock(CLOCK)) as database:
        if say is not None:
            say.send("begins")
        database.run(
            lambda tx: rate_usage(tx, lake, through=date(2026, 12, 31)),
            entity=entity,
            actor="rating",
        )
