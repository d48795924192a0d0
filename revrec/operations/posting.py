"""What a period posts of contracts that are columns by now, and what keeps it from being stated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from revrec.errors import MissingExchangeRate, PeriodNotReady
from revrec.ledger import invariants
from revrec.ledger.rates import rates_into
from revrec.ledger.subledger import Subledger, summed
from revrec.model.history import Book
from revrec.periods import Period


def economic_periods(first: Period, period: Period) -> tuple[list[Period], list[date]]:
    """The periods from the first to another, and the days at whose ends revenue is asked for."""
    economic = list(first.through(period))
    days = [economic[0].previous.last, *(each.last for each in economic)] if economic else []
    return economic, days


def posting_of(
    subledger: Subledger,
    posted: pa.Table,
    period: Period,
    economic: Sequence[Period],
    *,
    settled: Iterable[str] = (),
) -> tuple[pa.Table, pa.Table]:
    """What the period posts beyond what is posted up to it, and balances at its end.

    Raises InvariantViolated unless all that is never false of the books is true of both.
    """
    before = summed(posted)
    postings = subledger.postings(period, economic, before, settled=settled)
    positions = subledger.positions([period.last])
    tables = {
        "posted": pa.concat_tables([before, postings]),
        "positions": positions,
        "segments": subledger.query("select * from segments"),
        "recognised": subledger.query("select * from recognised"),
        "accrual": subledger.query("select * from accrual"),
        "standing": subledger.standing,
        "cutover": subledger.query("select * from cutover"),
        "maturity": subledger.maturity,
    }
    invariants.hold(tables, period.last)
    return postings, positions


def refuse_unstated(book: Book, posted: pa.Table, period: Period) -> None:
    """PeriodNotReady where the currencies of the entity do not allow the period to be stated."""
    _refuse_another_functional_currency(book, posted)
    _refuse_untranslatable(book, period)


def _refuse_another_functional_currency(book: Book, posted: pa.Table) -> None:
    """Amounts of two functional currencies do not add up to anything."""
    told = book.currencies.functional_currency if book.currencies else None
    others = set(posted["functional_currency"].unique().to_pylist()) - {None, told}
    if others:
        raise PeriodNotReady(
            f"Functional amounts are posted in {', '.join(sorted(others))}, and the functional "
            f"currency is told to be {told}.",
            remedy="Tell the one that is posted in entity_currencies; a change is not computed.",
            citation="830-10-45-7",
            blockers=sorted(others),
        )


def _refuse_untranslatable(book: Book, period: Period) -> None:
    """Where there is a currency of reports, a period has its rates into it (830-30-45-3)."""
    told = book.currencies
    if told is None or told.reporting_currency in {"", told.functional_currency}:
        return
    rates = rates_into(book, told.reporting_currency)
    try:
        rates.spot(told.functional_currency, period.last)
        rates.average(told.functional_currency, period)
    except MissingExchangeRate as error:
        raise PeriodNotReady(
            f"{period} cannot be translated for reports: {error}",
            remedy="Record the rate, then close again.",
            gate="exchange-rates-are-told",
            blockers=[str(error)],
        ) from error
