"""Closing contracts as they were decided ahead: step 5 and posting, without reading them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from revrec.collector import collector_at_rest
from revrec.engine import Accounting
from revrec.errors import PeriodNotReady
from revrec.ledger.chart import charted
from revrec.ledger.decided import DecidedContracts
from revrec.ledger.detail import with_reasons
from revrec.ledger.subledger import Subledger
from revrec.model.history import Book
from revrec.operations.parts import Asked, PartClosed, refused_by, sums_by_currency
from revrec.operations.posting import economic_periods, posting_of, refuse_unstated
from revrec.periods import Period, day_before
from revrec.recognition.arithmetic import Arithmetic
from revrec.recognition.counts import usage_counted


@collector_at_rest()
def close_decided(
    decided: DecidedContracts, used: pa.Table, posted: pa.Table, book: Book, asked: Asked
) -> PartClosed:
    """Close contracts that share nothing, or say why they cannot be.

    ``used`` is use, of others too, by day or summed up to the ``days_counted``; ``posted``
    (``DETAIL``) is theirs; ``book`` is what is told of no contract.
    """
    try:
        return _closed(decided, used, posted, book, asked)
    except PeriodNotReady as error:
        return PartClosed(refused=refused_by(error))


def _closed(
    decided: DecidedContracts, used: pa.Table, posted: pa.Table, book: Book, asked: Asked
) -> PartClosed:
    period = asked.period
    refuse_unstated(book, posted, period)
    economic, days = _asked_about(asked)
    segments = [decided.segments(name) for name in ("segments", "accrued")]
    with Arithmetic(
        [usage_counted(used, decided.of("meters")), decided.of("counts")]
    ) as arithmetic:
        recognised, accrued = (arithmetic.recognise_columns(each, days) for each in segments)
        accounting = Accounting(
            recognised=recognised,
            accrued=accrued,
            contracts={},
            refused={},
        )
    with Subledger(book, accounting, decided.tables) as subledger:
        postings, positions = posting_of(subledger, posted, period, economic)
    on_chart = charted(postings, posted, book, period)
    contracts, reasons = decided.contracts, decided.reasons
    return PartClosed(
        rows=with_reasons(on_chart, contracts, reasons, book.currencies, period),
        postings=postings.num_rows,
        balances=sums_by_currency(positions, contracts),
        contracts=contracts.num_rows,
    )


def days_counted(decided: DecidedContracts, asked: Asked) -> set[date]:
    """Days at whose ends closing asks how much was used, none after the period."""
    found = set(_asked_about(asked)[1])
    for name in ("segments", "accrued"):
        shapes = decided.of(name)["shape"]
        for each in ("counts_to", "lapses"):
            found.update(pc.struct_field(shapes, each).drop_null().unique().to_pylist())
        begins = pc.struct_field(shapes, "counts_from").drop_null().unique()
        found.update(map(day_before, begins.to_pylist()))
    return {day for day in found if day <= asked.period.last}


def _asked_about(asked: Asked) -> tuple[list[Period], list[date]]:
    period = asked.period
    first = period if asked.since is None else min(period, period.calendar.of(asked.since))
    return economic_periods(first, period)


def first_day(decided: DecidedContracts) -> date | None:
    """The first day that anything is told of."""
    days = [each for each in decided.rows["first_day"].unique().to_pylist() if each is not None]
    return min(days, default=None)
