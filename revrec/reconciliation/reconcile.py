"""The three-way reconciliation of a range of periods: rated usage, invoices, revenue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import NotRequired, TypedDict, Unpack

import duckdb
import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.periods import Period
from revrec.reconciliation import datasets
from revrec.reconciliation.bills import Bill, Side, bills_of
from revrec.reconciliation.by_day import ByDay, by_day
from revrec.reconciliation.charged import Told, explain_charges, in_months
from revrec.reconciliation.fee_case import FeeCase, FeeDifference
from revrec.reconciliation.fees import fee_differences
from revrec.reconciliation.findings import Finding, findings
from revrec.reconciliation.prices import Accounted
from revrec.reconciliation.ratios import slips_of
from revrec.reconciliation.scores import scores
from revrec.reconciliation.steps import bridge
from revrec.reconciliation.terms import Terms, terms_of
from revrec.reconciliation.tie_outs import tie_outs


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What the three systems say of each obligation and month, and why they differ."""

    first: Period
    through: Period
    as_of: date
    lines: DataSet
    """Contract x obligation x month: quantities, amounts, differences with their reasons."""
    reasons: DataSet
    """The same differences, one row per reason; they add up to the differences exactly."""
    findings: DataSet
    """Billing mistakes, and differences that nothing explains, with what to do."""
    ageing: DataSet
    """The amounts of the findings by reason and age; they must reach zero."""
    unbilled: DataSet
    """Usage of the range that no invoice dated in it had billed, and the look-back on it."""
    strays: DataSet
    """Usage and revenue of contracts that are not in the book."""
    days: ByDay | None
    """The same by day, where that was asked for."""
    tie_outs: Sequence[TieOut]
    cleared: Decimal
    """Part of what was charged or invoiced that is without mistake."""
    complete: Decimal
    """Part of what had to be on an invoice by now that is on one, and is of known contracts."""
    timely: Decimal
    """Part of the rows of usage recorded in time for their invoice."""
    explained: Decimal
    """Part of all differences, without their signs, that has a reason."""

    @property
    def datasets(self) -> Mapping[str, DataSet]:
        """The tables by name, in the order of a reader."""
        tables = (
            self.lines, self.reasons, self.findings, self.ageing, self.unbilled, self.strays,
            *((self.days.lines, self.days.reasons) if self.days else ()),
        )  # fmt: skip
        return {each.name: each for each in tables}


class Given(TypedDict):
    """What the three systems tell, and of which periods."""

    book: Book
    usage: pa.Table | None
    """The daily roll-up of the ledger (contract, meter, usage_date, quantity, amount, rows,
    last_recorded_at); it may have several rows a day, recorded at several times, and a column
    ``first_recorded_at``, both of which make it exact what was known when."""
    revenue: pa.Table
    """Posted revenue by contract, obligation, component, origin (a period) and event, in minor
    units, of all periods from the start of the books: balances follow from it."""
    first: Period
    through: Period
    as_of: date
    """Documents dated after it are not there yet."""
    accounted: NotRequired[Accounted | None]
    """Contracts as accounted for with this usage, through the range or beyond; the engine is asked
    where they are not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """The three systems compared, in tables of a database."""

    database: duckdb.DuckDBPyConnection
    told: Told
    terms: Mapping[str, Terms]
    found: Mapping[str, Sequence[FeeDifference]]
    judged: Sequence[Finding] | None


def reconcile(*, days: bool = False, **given: Unpack[Given]) -> Reconciliation:
    """Reconcile service in the periods ``first`` to ``through`` as known on ``as_of``.

    The periods are those of the entity's calendar: bills of calendar months that lie in several
    are split as usage was charged. With ``days`` it is told by day, too.
    """
    with _compared(given) as compared:
        whole = _told(compared)
        return _with_days(compared, whole) if days else whole


def billing_findings(**given: Unpack[Given]) -> DataSet:
    """The findings of the reconciliation alone, where nothing else of it is asked for."""
    with _compared(given) as compared:
        return _findings(compared)


@contextmanager
def _compared(given: Given) -> Iterator[_Compared]:
    book, as_of, through = given["book"], given["as_of"], given["through"]
    own = through.calendar
    terms = {name: terms_of(each, as_of, own) for name, each in sorted(book.histories.items())}
    bills = {name: bills_of(book.histories[name], each, as_of) for name, each in terms.items()}
    told = Told(
        book=book,
        usage=given["usage"],
        revenue=given["revenue"],
        first=given["first"],
        through=through,
        last=through.last,
        as_of=as_of,
        slips=slips_of(book.selling_prices, {each.contract.currency for each in terms.values()}),
        accounted=given.get("accounted"),
    )
    found = {
        name: fee_differences(
            FeeCase(
                history=book.histories[name],
                terms=each,
                bills=[bill for bill in bills[name] if _is_fee(bill)],
                first=told.first,
                through=through,
                as_of=as_of,
                slips=told.slips,
            )
        )
        for name, each in terms.items()
        if (each.fixed or any(_is_fee(bill) for bill in bills[name])) and _is_contract(each, as_of)
    }
    with connect() as database:
        explain_charges(database, told, terms, [*chain.from_iterable(bills.values())], found)
        judged = None if own.by_months else in_months(database, told)
        bridge(database)
        yield _Compared(database=database, told=told, terms=terms, found=found, judged=judged)


def _with_days(compared: _Compared, whole: Reconciliation) -> Reconciliation:
    told = compared.told
    apart = by_day(compared.database, told.book, told.usage, first=told.first.first, last=told.last)
    return replace(whole, days=apart, tie_outs=[*whole.tie_outs, *apart.tie_outs])


def _findings(compared: _Compared) -> DataSet:
    told = compared.told
    return findings(
        compared.database,
        compared.terms,
        compared.found,
        told=(told.first, told.through, told.as_of),
        judged=compared.judged,
    )


def _told(compared: _Compared) -> Reconciliation:
    database, told = compared.database, compared.told
    first, through, as_of = told.first, told.through, told.as_of
    scored, wrong = scores(database), _findings(compared)
    return Reconciliation(
        first=first,
        through=through,
        as_of=as_of,
        lines=datasets.lines(database),
        reasons=datasets.reasons(database),
        findings=wrong,
        ageing=datasets.ageing(wrong),
        days=None,
        unbilled=datasets.unbilled(database, as_of),
        strays=datasets.strays(database),
        tie_outs=tie_outs(database, told.book, first=first, through=through, as_of=as_of),
        cleared=scored.cleared,
        complete=scored.complete,
        timely=scored.timely,
        explained=scored.explained,
    )


@cites("606-10-25-8")
def _is_contract(terms: Terms, on: date) -> bool:
    """Whether 25-1 is met at the end of the day: without a contract no fee can be missing."""
    return not any(first <= on <= last for first, last in terms.without)


def _is_fee(bill: Bill) -> bool:
    return bill.side is Side.FIXED and not bill.cancelled
