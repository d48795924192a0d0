"""Closing contracts as they were decided ahead: step 5 and posting, without reading them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from revrec.collector import collector_at_rest
from revrec.engine import Accounting
from revrec.ledger.chart import charted
from revrec.ledger.decided import DecidedContracts
from revrec.ledger.detail import with_reasons
from revrec.ledger.subledger import Subledger
from revrec.model.history import Book
from revrec.operations.parts import Asked, PartClosed, sums_by_currency
from revrec.operations.posting import economic_periods, posting_of, refuse_unstated
from revrec.recognition.arithmetic import Arithmetic
from revrec.recognition.counts import usage_counted


@collector_at_rest()
def close_decided(
    decided: DecidedContracts, usage: pa.Table, posted: pa.Table, book: Book, asked: Asked
) -> PartClosed:
    """Close contracts that share nothing; ``usage`` (``rollup.DAILY``) and ``posted`` are theirs.

    ``book`` is what is told of no contract. Raises PeriodNotReady.
    """
    period = asked.period
    refuse_unstated(book, posted, period)
    first = period if asked.since is None else min(period, period.calendar.of(asked.since))
    economic, days = economic_periods(first, period)
    counts = [usage_counted(usage, decided.of("meters")), decided.of("counts")]
    with Arithmetic(counts) as arithmetic:
        accounting = Accounting(
            recognised=arithmetic.recognise_columns(decided.segments("segments"), days),
            accrued=arithmetic.recognise_columns(decided.segments("accrued"), days),
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


def first_day(decided: DecidedContracts) -> date | None:
    """The first day that anything is told of."""
    days = [each for each in decided.rows["first_day"].unique().to_pylist() if each is not None]
    return min(days, default=None)
