"""Books closed in memory, and every posting of them computed once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.audit.standing import Standing
from revrec.audit.workings import Working
from revrec.engine import account
from revrec.ledger.chart import charted
from revrec.ledger.detail import DETAIL, detail
from revrec.ledger.subledger import Subledger, first_period, summed
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.operations.computing import accounted_here
from revrec.operations.explaining import workings_of
from revrec.periods import Period
from revrec.usage.rollup import DAILY

Row = Mapping[str, Any]


def workings(closes: Sequence[tuple[Book, Period]]) -> Iterator[tuple[Row, Working]]:
    """Postings of closes in their order, of what was known at each, with what they come from."""
    posted = DETAIL.empty_table()
    for told, period in closes:
        book = accounted_here(told, period)
        now = closed(book, period, posted)
        rows = now.to_pylist()
        for name in sorted({row["contract"] for row in rows}):
            standing = Standing(
                contract=name,
                book=book,
                usage=DAILY.empty_table(),
                period=period,
                posted=posted.filter(pc.equal(posted["contract"], name)),
                day=period.last,
            )
            with standing:
                for row in rows:
                    if row["contract"] == name:
                        yield from ((row, each) for each in workings_of(standing, row, rows))
        posted = pa.concat_tables([posted, now])


def closed(book: Book, period: Period, posted: pa.Table) -> pa.Table:
    """What a close of the period posts, in full."""
    months = list(first_period(book, period).through(period))
    days = [months[0].previous.last, *(month.last for month in months)] if months else []
    accounting = account(book, days)
    opened = pc.equal(posted["account"], Account.OPENING_BALANCE.value)
    settled = posted.filter(opened)["contract"].unique().to_pylist()
    with Subledger(book, accounting) as subledger:
        postings = subledger.postings(period, months, summed(posted), settled=settled)
    on_chart = charted(postings, posted, book, period)
    return detail(on_chart, book, accounting, [], period=period, entity=1)
