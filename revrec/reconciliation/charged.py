"""Usage charged against usage billed, in the entity's periods and in the months that bills are of.

Customers are billed by the calendar month. Where periods are of weeks, a bill lies in two of them,
and how much of it is of which is computed from what was used: a part that seems wrong may only be
split otherwise. Whether a bill is right is therefore judged in months, and what is found there is
what the periods show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from revrec.columnar import connect
from revrec.model.history import Book
from revrec.periods import MONTHS, Period
from revrec.reconciliation import limits
from revrec.reconciliation.bills import Bill, Side, bills_of
from revrec.reconciliation.fee_case import FeeDifference
from revrec.reconciliation.findings import Finding, of_usage
from revrec.reconciliation.period_names import name_periods
from revrec.reconciliation.prices import Accounted, Shares, shares_of
from revrec.reconciliation.ratios import Slips
from revrec.reconciliation.reasons import MISTAKES, Reason
from revrec.reconciliation.steps import charge
from revrec.reconciliation.tables import (
    MACROS,
    bill_tables,
    contract_tables,
    load,
    revenue_table,
    table_of,
    usage_table,
)
from revrec.reconciliation.terms import Terms, terms_of
from revrec.reconciliation.usage_rules import explain_usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the three systems tell of a range of periods."""

    book: Book
    usage: pa.Table | None
    revenue: pa.Table
    first: Period
    through: Period
    last: date
    """Usage after this day is left out; the end of the range, or within its last period."""
    as_of: date
    slips: Slips
    accounted: Accounted | None = None
    """The book's contracts as accounted for up to ``last``, or beyond; asked anew if none."""


def explain_charges(
    database: duckdb.DuckDBPyConnection,
    told: Told,
    terms: Mapping[str, Terms],
    bills: Sequence[Bill],
    found: Mapping[str, Sequence[FeeDifference]],
) -> None:
    """Load everything, and name why what was charged differs from what was billed."""
    shares: Mapping[str, Shares] = shares_of(
        told.book, terms, told.usage, told.last, told.accounted
    )
    database.execute(MACROS)
    name_periods(database, told.through)
    _set_variables(database, told)
    tables = {
        **contract_tables(terms, told.as_of),
        **bill_tables(bills, found, shares, terms, told.slips),
        "usage": usage_table(told.book, told.usage),
        "revenue": revenue_table(told.revenue, told.through.calendar),
        "calendar": _calendar(told.first, told.through, bills),
    }
    for name, table in tables.items():
        load(database, name, table)
    database.execute(
        """
        delete from usage where day > getvariable('through_last');
        set variable posted_through = (select coalesce(max(month), date '0001-01-01') from revenue);
        create table spans as
        select contract, obligation, min(first_day) as first_day, max(last_day) as last_day
        from versions group by all;
        """
    )
    charge(database)
    explain_usage(database)


def in_months(database: duckdb.DuckDBPyConnection, told: Told) -> list[Finding]:
    """Mistakes in bills for usage, judged in the months that end in the range.

    What seems a mistake in a period, and is none in a month it has days of, is how bills were
    split; ``database`` has the periods' reasons, which are corrected.
    """
    months = Told(
        book=told.book,
        usage=told.usage,
        revenue=told.revenue.slice(0, 0),
        first=MONTHS.of(told.first.first),
        through=MONTHS.of(told.last),
        last=told.last,
        as_of=told.as_of,
        slips=told.slips,
        accounted=told.accounted,
    )
    histories = sorted(told.book.histories.items())
    terms = {name: terms_of(each, told.as_of, MONTHS) for name, each in histories}
    bills = [
        bill
        for name, each in terms.items()
        for bill in bills_of(told.book.histories[name], each, told.as_of)
    ]
    with connect() as apart:
        explain_charges(apart, months, terms, bills, {})
        found = list(of_usage(apart, terms, MONTHS))
    load(database, "mistaken", table_of(_MISTAKEN, _mistaken(found)))
    mistakes = ", ".join(f"'{each}'" for each in sorted(MISTAKES))
    database.execute(
        f"""
        update explained set reason = '{Reason.MONTH_SPLIT}'
        where reason in ({mistakes}) and number not in (
            select k.number from cases k
            join mistaken m
              on m.contract = k.contract and m.consideration = k.consideration
             and m.first <= period_last(k.month) and m.last >= k.month
        )
        """
    )
    return found


_MISTAKEN = pa.schema(
    [
        ("contract", pa.string()),
        ("consideration", pa.string()),
        ("first", pa.date32()),
        ("last", pa.date32()),
    ]
)


def _mistaken(found: Sequence[Finding]) -> Iterator[tuple[str, str, date, date]]:
    for each in found:
        yield each.contract, each.consideration, each.month.first, each.month.last


def _set_variables(database: duckdb.DuckDBPyConnection, told: Told) -> None:
    values: dict[str, date | int] = {
        "first": told.first.first,
        "through": told.through.first,
        "through_last": told.last,
        "as_of": told.as_of,
        "run_days": limits.RUN_DAYS,
        "run_within_days": limits.RUN_WITHIN_DAYS,
        "run_contracts_min": limits.RUN_CONTRACTS_MIN,
        "list_price_contracts_min": limits.LIST_PRICE_CONTRACTS_MIN,
        "invoice_days": limits.INVOICE_DAYS,
        "weight_atoms": limits.WEIGHT_ATOMS,
        "named_ratio_minor_min": limits.NAMED_RATIO_MINOR_MIN,
    }
    for name, value in values.items():
        database.execute(f"set variable {name} = $1", [value])


def _calendar(first: Period, through: Period, bills: Sequence[Bill]) -> pa.Table:
    """Periods of the range, and those that usage was billed for, in order."""
    earliest = min([first, *(each.month for each in bills if each.side is Side.USAGE)])
    days = [each.first for each in earliest.through(through)]
    return pa.table({"month": pa.array(days, pa.date32())})
