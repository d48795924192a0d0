"""Closes books in memory, period after period, as the service does with its stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from revrec import engine
from revrec.disclosure import Schedules, schedules
from revrec.engine import Accounting
from revrec.feeds.scenario import Scenario, read_scenario
from revrec.ledger import chain
from revrec.ledger.chart import charted
from revrec.ledger.detail import DETAIL, detail, journal_entries
from revrec.ledger.entries import PostedEntry
from revrec.ledger.subledger import Subledger, first_period, summed
from revrec.model.dataset import DataSet
from revrec.model.history import Book
from revrec.periods import Period

ENTITY = 7
EXAMPLES = Path(__file__).parents[2] / "contracts_examples"
Row = Mapping[str, object]


@dataclass(frozen=True)
class Closed:
    """Books after some closes."""

    posted: pa.Table
    entries: Sequence[PostedEntry]
    accounting: Accounting
    """Of the book as known at the last close, at every month's end."""


def example(name: str) -> Scenario:
    """A published example by its file name."""
    return read_scenario(EXAMPLES / f"{name}.yaml")


def close(known: Callable[[Period], Book], first: Period, last: Period) -> Closed:
    """Close ``first`` to ``last``; ``known`` gives the book as known at each close."""
    posted, entries = DETAIL.empty_table(), []
    accounted: list[tuple[Book, Accounting]] = []
    for period in first.through(last):
        book = known(period)
        if not accounted or accounted[-1][0] is not book:
            accounted.append((book, account(book, last)))
        accounting = accounted[-1][1]
        months = list(first_period(book, period).through(period))
        with Subledger(book, accounting) as subledger:
            found = subledger.postings(period, months, summed(posted))
        postings = charted(found, posted, book, period)
        new = chain.link(
            journal_entries(postings, book, period),
            (entries[-1].seq, entries[-1].digest) if entries else (0, chain.GENESIS),
            entity=ENTITY,
            posted_at=datetime(period.next.year, period.next.number, 3, 14, tzinfo=UTC),
            by="ana",
        )
        rows = detail(postings, book, accounting, new, period=period, entity=ENTITY)
        posted = pa.concat_tables([posted, rows])
        entries.extend(new)
    return Closed(posted, entries, accounted[-1][1])


def account(book: Book, last: Period) -> Accounting:
    """The five steps at the end of every month from the first fact to ``last``."""
    first = first_period(book, last)
    return engine.account(book, [month.last for month in first.previous.through(last)])


def report(
    book: Book,
    closed: Closed,
    first: Period,
    period: Period,
    *,
    horizon: int = 12,
    usage: Sequence[pa.Table] | None = None,
) -> Schedules:
    """Schedules of closed months, from the book as known at the last close."""
    with Subledger(book, closed.accounting) as subledger:
        return schedules(
            book,
            closed.accounting,
            subledger,
            closed.posted,
            closed.entries,
            first=first,
            period=period,
            horizon=horizon,
            usage=usage,
        )


def close_all(book: Book, last: Period) -> Closed:
    """Every close from the first fact on, with everything known from the start."""
    return close(lambda _: book, first_period(book, last), last)


def close_and_report(book: Book, first: Period, period: Period) -> Schedules:
    """Closes up to ``period`` and the schedules from ``first`` on."""
    return report(book, close_all(book, period), first, period)


def rows(data: DataSet, **wanted: object) -> Iterator[Row]:
    """Rows by column name, those that hold the values wanted."""
    names = [column.name for column in data.columns]
    for values in data.rows:
        row = dict(zip(names, values, strict=True))
        if all(row[name] == value for name, value in wanted.items()):
            yield row


def row(data: DataSet, **wanted: object) -> Row:
    """The only row that holds the values wanted."""
    (found,) = rows(data, **wanted)
    return found


def total(data: DataSet, column: str, **wanted: object) -> int:
    """The sum of a column over the rows that hold the values wanted."""
    return sum(each[column] for each in rows(data, **wanted))  # type: ignore[misc]
