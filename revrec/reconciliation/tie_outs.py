"""The reconciliation against the three systems it is made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import duckdb

from revrec.ledger.billing import billing_table
from revrec.model.dataset import TieOut
from revrec.model.history import Book
from revrec.periods import Period

_Sums = Mapping[str, int]


_Pair = tuple[str, str, _Sums, str, _Sums, str]
"""Name, left with its name, right with its name, mark."""


def tie_outs(
    database: duckdb.DuckDBPyConnection, book: Book, *, first: Period, through: Period, as_of: date
) -> list[TieOut]:
    """Totals by currency: rated = ledger, invoiced = documents, revenue = posted.

    And the reasons of each difference = the difference, none of it unexplained.
    """
    pairs = [*_totals(database, book, f"{first} to {through}", as_of), *_explained(database)]
    currencies = sorted({each.contract.currency for each in book.histories.values()})
    return [
        TieOut(
            name=name,
            left_name=left_name,
            left=left.get(currency, 0),
            right_name=right_name,
            right=right.get(currency, 0),
            currency=currency,
            mark=mark,
        )
        for name, left_name, left, right_name, right, mark in pairs
        for currency in currencies
    ]


def _totals(database: duckdb.DuckDBPyConnection, book: Book, span: str, as_of: date) -> list[_Pair]:
    """Each system's total against its source."""
    return [
        (
            "Rated usage is the usage ledger's",
            f"Reconciliation: rated {span}",
            _sums(database, _RATED.format("rated_exact", "lines", "true")),
            "Usage ledger of the contracts in the book",
            _sums(database, _RATED.format("amount", "usage", "day >= getvariable('first')")),
            "T",
        ),
        (
            "Invoiced is what the documents say",
            f"Reconciliation: invoiced {span} and for other months",
            _sums(database, _INVOICED),
            f"Invoices less credit memos dated up to {as_of}",
            _documents(book, as_of),
            "T",
        ),
        (
            "Revenue is what was posted",
            f"Reconciliation: revenue {span}",
            _sums(database, "select currency, sum(revenue) from lines "
                            "join contracts using (contract) group by currency"),
            "Posted revenue of the contracts in the book",
            _sums(database, "select currency, sum(amount) from revenue "
                            "join contracts using (contract) where month between "
                            "getvariable('first') and getvariable('through') group by currency"),
            "T",
        ),
    ]  # fmt: skip


def _explained(database: duckdb.DuckDBPyConnection) -> list[_Pair]:
    """The reasons against the differences they explain."""
    return [        (
            "Reasons of rated less invoiced",
            "Sum of the reasons",
            _reasons(database, "rated_less_invoiced"),
            "Rated less invoiced",
            _differences(database, "rated - billed"),
            "CF",
        ),
        (
            "Reasons of invoiced less revenue",
            "Sum of the reasons",
            _reasons(database, "invoiced_less_revenue"),
            "Invoiced less revenue",
            _differences(database, "billed - revenue"),
            "CF",
        ),
        (
            "Every difference has a reason",
            "Unexplained, without signs",
            _sums(database, "select currency, sum(abs(amount)) from reasons "
                            "join contracts using (contract) where reason = 'unexplained' "
                            "group by currency"),
            "None allowed",
            {},
            "R",
        ),
    ]  # fmt: skip


_RATED = """
select currency, in_minor(amount, unit)
from (
    select currency, sum({}) as amount, any_value(unit) as unit
    from {} join contracts using (contract) where {} group by currency
)
"""
_INVOICED = """
select currency, sum(amount)
from (
    select contract, billed as amount from lines
    union all
    select contract, amount from usage_bills
    where month not between getvariable('first') and getvariable('through')
    union all
    select contract, amount from fixed_bills
    where month not between getvariable('first') and getvariable('through')
    union all
    select contract, amount from bills
    where side = 'variable' and month not between getvariable('first') and getvariable('through')
)
join contracts using (contract)
group by currency
"""


def _sums(database: duckdb.DuckDBPyConnection, sql: str) -> _Sums:
    rows = database.execute(f"select c, a::varchar from ({sql}) t(c, a)").fetchall()
    return {str(currency): int(str(amount)) for currency, amount in rows}


def _reasons(database: duckdb.DuckDBPyConnection, difference: str) -> _Sums:
    return _sums(
        database,
        "select currency, sum(amount) from reasons join contracts using (contract) "
        f"where difference = '{difference}' group by currency",
    )


def _differences(database: duckdb.DuckDBPyConnection, difference: str) -> _Sums:
    return _sums(
        database,
        f"select currency, sum({difference}) from lines join contracts using (contract) "
        "group by currency",
    )


def _documents(book: Book, as_of: date) -> _Sums:
    """Invoices less credit memos, read from the book and not from the reconciliation's tables.

    What another system had billed of contracts taken over is no document here.
    """
    taken_over = {told.id for each in book.histories.values() for told in each.openings}
    currencies = {name: each.contract.currency for name, each in book.histories.items()}
    table = billing_table(book.histories.values())
    sums: defaultdict[str, int] = defaultdict(int)
    names = ("contract", "day", "event", "document", "amount")
    columns = (table[name].to_pylist() for name in names)
    for contract, day, event, document, amount in zip(*columns, strict=True):
        if document in taken_over:
            continue
        if event in {"billing", "credit_memo"} and day <= as_of:
            sums[currencies[contract]] += amount
    return sums
