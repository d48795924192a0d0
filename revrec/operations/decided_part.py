"""Closing contracts as they were decided ahead: step 5 and posting, without reading them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from revrec.collector import collector_at_rest
from revrec.engine import Accounting
from revrec.ledger.chart import charted
from revrec.ledger.decided import DecidedContracts
from revrec.ledger.detail import with_reasons
from revrec.ledger.subledger import Subledger
from revrec.model.history import Book
from revrec.operations.computing import Metered
from revrec.operations.parts import Asked, PartClosed, sums_by_currency
from revrec.operations.posting import economic_periods, posting_of, refuse_unstated
from revrec.periods import day_before
from revrec.recognition.arithmetic import Arithmetic
from revrec.recognition.counts import usage_counted


@collector_at_rest()
def close_decided(
    decided: DecidedContracts, metered: Metered, posted: pa.Table, book: Book, asked: Asked
) -> PartClosed:
    """Close contracts that share nothing; ``posted`` (``DETAIL``) is theirs.

    ``metered`` is use, of others too; ``book`` what is told of no contract. Raises PeriodNotReady.
    """
    period = asked.period
    refuse_unstated(book, posted, period)
    first = period if asked.since is None else min(period, period.calendar.of(asked.since))
    economic, days = economic_periods(first, period)
    segments = [decided.segments(name) for name in ("segments", "accrued")]
    counted = {day for day in days_counted(segments) if day <= period.last}
    used = metered.folded([*days, *counted])
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


def days_counted(segments: Iterable[pa.Table]) -> set[date]:
    """Days at whose ends measures of progress ask for counts, beside those that are asked about."""
    found: set[date] = set()
    for each in segments:
        for name in ("counts_to", "lapses"):
            found.update(pc.struct_field(each["shape"], name).drop_null().unique().to_pylist())
        begins = pc.struct_field(each["shape"], "counts_from").drop_null().unique()
        found.update(map(day_before, begins.to_pylist()))
    return found


def first_day(decided: DecidedContracts) -> date | None:
    """The first day that anything is told of."""
    days = [each for each in decided.rows["first_day"].unique().to_pylist() if each is not None]
    return min(days, default=None)
