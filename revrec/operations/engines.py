"""Where the contracts of a close are computed: here, in processes beside this one, or elsewhere.

Whatever computes them, the same functions do, and the books are the same to the byte.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Protocol, TypeVar

import pyarrow.compute as pc

from revrec.feeds.book import book_of
from revrec.ledger.decided import DecidedContracts
from revrec.model.history import Book
from revrec.operations.computing import metered_usage, posted_detail, posted_sums
from revrec.operations.decided_part import close_decided, days_counted, first_day
from revrec.operations.deciding import Standing, decide_ahead, standing
from revrec.operations.parts import Asked, PartClosed, close_part, cut_up, part_of, together
from revrec.periods import Period
from revrec.store.fact_columns import facts_of
from revrec.store.lake import Lake
from revrec.store.parting import Cut, contracts_told
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

P = TypeVar("P")
T = TypeVar("T")
PART_CONTRACTS = 10_000
"""Contracts of a part at most: what one process holds at once."""


AHEAD_CONTRACTS = 50_000
"""Contracts that are closed at once as they were decided: what memory and threads share well."""
UNDIVIDED = 2_000
"""Contracts that are computed sooner than what was decided of them is kept and found."""


class Engine(Protocol):
    """Computes a close in parts."""

    def close(
        self, tx: Transaction, lake: Lake, pins: Pins, asked: Asked
    ) -> tuple[PartClosed, Book] | None:
        """All parts as one, with what is told of the entity; None to compute it here, undivided.

        Raises PeriodNotReady, listing what keeps contracts from being accounted for.
        """

    def decide_ahead(self, tx: Transaction, lake: Lake, pins: Pins, period: Period) -> int | None:
        """Decide for a close to come and keep what was decided; how many contracts were decided.

        None where a close does not ask for it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Processes of this machine; one alone where there is one part."""

    part_contracts: int = PART_CONTRACTS
    undivided: int = UNDIVIDED
    """Contracts up to which nothing is decided ahead: all are computed as one."""
    at_once: int = AHEAD_CONTRACTS
    """Contracts that a thread closes at once as they were decided."""
    processes: int | None = 1
    """None for as many as there are processors. Others import the program that runs again, so it
    must do nothing where it is not run itself."""

    def close(
        self, tx: Transaction, lake: Lake, pins: Pins, asked: Asked
    ) -> tuple[PartClosed, Book] | None:
        """What was decided ahead, and all others in parts, as one; None where there is one part."""
        contracts = contracts_told(tx, pins.fact_seq)
        if contracts > self.undivided and not asked.differing:
            ahead = standing(tx, lake, pins, asked.period)
            if ahead is not None:
                return self._with_others(tx, lake, pins, asked, ahead), ahead.book
        parts = self.parts(contracts)
        if parts <= 1:
            return None
        with cut_up(tx, pins, parts) as pieces:
            book, _ = book_of(facts_of(pieces.of_all), differing=asked.differing)
            second = book.second.framework if asked.differing and book.second else ""
            pieces.load("usage", metered_usage(tx, lake, pins).daily())
            pieces.load("posted", posted_detail(tx, lake, book=second))
            work = partial(close_part, asked=replace(asked, since=pieces.since))
            return together(self.over(pieces, part_of, work)), book

    def decide_ahead(self, tx: Transaction, lake: Lake, pins: Pins, period: Period) -> int | None:
        """Where there are so many contracts that a close asks for it, and not of later facts."""
        if contracts_told(tx, pins.fact_seq) <= self.undivided:
            return None
        return decide_ahead(tx, lake, pins, period, self)

    def _with_others(
        self, tx: Transaction, lake: Lake, pins: Pins, asked: Asked, ahead: Standing
    ) -> PartClosed:
        """Contracts that were decided ahead, and the others in parts."""
        first = first_day(ahead.decided)
        parts = max(1, self.parts(len(ahead.others)))
        with cut_up(tx, pins, parts, ahead.others) as pieces:
            days = [each for each in (first, pieces.since) if each is not None]
            asked = replace(asked, since=min(days, default=None))
            others: Iterator[PartClosed] = iter(())
            if ahead.others:
                pieces.load("usage", metered_usage(tx, lake, pins, ahead.others).daily())
                pieces.load("posted", posted_detail(tx, lake, ahead.others))
                others = self.over(pieces, part_of, partial(close_part, asked=asked))
            return together([*_closed_ahead(tx, lake, pins, asked, ahead, self.at_once), *others])

    def parts(self, contracts: int) -> int:
        """As few as are small enough; of several, as many for each process."""
        parts = -(-contracts // self.part_contracts)
        workers = min(self.processes or os.cpu_count() or 1, parts)
        return -(-parts // workers) * workers if parts > 1 else parts

    def over(
        self, pieces: Cut, take: Callable[[Cut, int], P], work: Callable[[P], T]
    ) -> Iterator[T]:
        """The work on each part, in their order; ``take`` reads one, here and not before its turn.

        ``work`` is done elsewhere, so it is a function of a module, or ``partial`` of one.
        """
        workers = min(self.processes or os.cpu_count() or 1, pieces.parts)
        if workers == 1:
            yield from (work(take(pieces, each)) for each in range(pieces.parts))
            return
        # Neither DuckDB's threads nor the connection to PostgreSQL would survive a fork.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            waiting = []
            for each in range(pieces.parts):
                waiting.append(pool.submit(work, take(pieces, each)))
                if len(waiting) > 2 * workers:
                    yield waiting.pop(0).result()
            for done in waiting:
                yield done.result()


def _closed_ahead(  # noqa: PLR0917 - what a close is given, and how much of it at once
    tx: Transaction, lake: Lake, pins: Pins, asked: Asked, ahead: Standing, at_once: int
) -> Iterator[PartClosed]:
    """Contracts that were decided ahead, so many at a time."""
    posted = posted_sums(tx, lake, asked.period, ahead.others)
    some = list(ahead.decided.some(at_once))
    used = metered_usage(tx, lake, pins).folded(
        sorted(set[date]().union(*(days_counted(each, asked) for each in some)))
    )

    def close(some: DecidedContracts) -> PartClosed:
        own = posted.filter(pc.is_in(posted["contract"], some.rows["contract"]))
        return close_decided(some, used, own, ahead.book, asked)

    # Hardly any of it is Python: threads are enough, and a program that starts no process may.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(close, some)


LOCAL = Local()
"""The engine of who names none: one process, whatever program it is."""
PARALLEL = Local(processes=None)
"""The command's."""
