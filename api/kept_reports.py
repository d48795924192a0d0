"""Reports on closed periods as files, each computed once while what it stands on stands.

A report stands on the certificate of its last period and, for what people still do to a period
that is closed, on the audit log; its checklist changes with the day too. It is computed in a
process of its own, and what answers reads its files: no report is ever in the memory of a process
that answers, and computing one keeps none of them from answering.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from api.apart import Work, run_apart
from api.kept_folders import Folders
from reports.archive import archive
from reports.export import export
from reports.packages import Package
from reports.stored import Stored, store, stored
from revrec.engine import ENGINE_VERSION
from revrec.model.books import Framework
from revrec.model.fact import digest_of
from revrec.operations.report import report, state_of
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings

_PROGRAM = version("revrec")
"""Another lays files out in another way."""
_WHOLE, _ARCHIVE = "report.pickle", "package.zip"
_CONNECTIONS = 2
"""Of a process that computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What is asked for, and what the report on it stands on."""

    first: Period
    last: Period
    book: Framework | None
    """Of the first book if none."""
    closed: str
    """Names the close that is reported on ..."""
    state: str
    """... with what was done since ..."""
    of_day: str
    """... on the day it is read."""
    moment: datetime
    """When it is read."""
    by_day: bool = False
    """Whether its reconciliation is told by day, too."""


def stand_of(
    books: Workspace,
    first: Period,
    last: Period,
    book: Framework | None = None,
    *,
    by_day: bool = False,
) -> Stand:
    """What the report on the periods stands on now; NotFound if the last is not closed."""
    certificate, event, moment = state_of(books, last)
    of = [books.entity, str(first), str(last), book, by_day]
    closed = digest_of([*of, certificate.ordinal, certificate.chain_head])
    state = digest_of([closed, event])
    closed_at = certificate.closed_at.isoformat()
    return Stand(
        first=first,
        last=last,
        book=book,
        by_day=by_day,
        closed=closed,
        state=state,
        of_day=digest_of([state, closed_at, str(moment.date()), ENGINE_VERSION, _PROGRAM]),
        moment=moment,
    )


class Reports:
    """What was computed of closed periods, in the cache of the home folder."""

    def __init__(self, settings: Settings, *, apart: bool) -> None:
        """``apart``: computed in processes of their own."""
        self._folders = Folders(settings.home / "cache" / "reports", settings.reports_bytes_max)
        self._settings = settings
        self._apart = apart

    @contextmanager
    def datasets(self, books: Workspace, at: Stand) -> Iterator[Mapping[str, Stored]]:
        """Every table of a report by name, to be read inside."""
        with self._report(books, at) as folder:
            yield stored(folder)

    @contextmanager
    def package(self, books: Workspace, at: Stand, package: Package) -> Iterator[Path]:
        """A package of a report as one archive, to be read inside."""
        name = digest_of([at.of_day, package])
        make = partial(self._packed, books, at, package)
        with self._folders.held(name, make) as folder:
            yield folder / _ARCHIVE

    def _report(self, books: Workspace, at: Stand) -> AbstractContextManager[Path]:
        make = partial(self._computed, books, at, partial(write_report, at))
        return self._folders.held(at.of_day, make)

    def _packed(self, books: Workspace, at: Stand, package: Package, folder: Path) -> None:
        with self._report(books, at) as whole:
            self._computed(books, at, partial(write_package, whole, package), folder)

    def _computed(self, books: Workspace, at: Stand, work: Work, folder: Path) -> None:
        if not self._apart:
            work(books, folder)
            return
        told = {
            "entity": books.entity,
            "clock": at.moment,
            "connections_max": _CONNECTIONS,
        }
        run_apart(self._settings.model_copy(update=told), work, folder)


def write_report(at: Stand, books: Workspace, folder: Path) -> None:
    """Compute a report and write its data sets, and itself for packages to be made of."""
    made = report(books, at.first, at.last, framework=at.book, days=at.by_day)
    store(folder, made.datasets.values())
    with (folder / _WHOLE).open("wb") as file:
        pickle.dump(made, file, protocol=pickle.HIGHEST_PROTOCOL)


def write_package(whole: Path, package: Package, _books: Workspace, folder: Path) -> None:
    """Write the archive of a package, of a report that was written before."""
    with (whole / _WHOLE).open("rb") as file:
        made = pickle.load(file)  # noqa: S301 - written by this service, in its own home folder
    with TemporaryDirectory() as name:
        export(made, Path(name), package)
        (folder / _ARCHIVE).write_bytes(archive(Path(name)))
