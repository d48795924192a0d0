"""The subledger: balances and postings of all contracts, set-wise, from facts as known now.

``posting(period) = recognised to date (all facts known now) - already posted (closed periods)``,
by economic month, so that what is learned late names the month it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources import files
from typing import Self

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.engine import Accounting
from revrec.ledger.billing import billing_table
from revrec.model.history import Book
from revrec.periods import Period
from revrec.recognition.arithmetic import segment_table

POSTED = pa.schema(
    [
        ("origin", pa.string()),
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("component", pa.string()),
        ("product", pa.string()),
        ("event", pa.string()),
        ("account", pa.string()),
        ("amount", pa.int64()),
    ]
)
"""Postings, debit positive, in minor units of the contract's currency."""


class Subledger:
    """Contracts, what they earned and what they were billed, ready to be asked."""

    def __init__(self, book: Book, accounting: Accounting) -> None:
        contracts = [
            history.contract
            for name, history in sorted(book.histories.items())
            if name not in accounting.refused
        ]
        self._database = connect()
        self._tables = {
            "segments": segment_table(accounting.recognised.segments),
            "recognised": accounting.recognised.table,
            "billing": billing_table(book.histories[contract.id] for contract in contracts),
            "contracts": pa.table(
                {
                    "contract": pa.array([each.id for each in contracts], pa.string()),
                    "customer": pa.array([each.customer for each in contracts], pa.string()),
                    "currency": pa.array([each.currency for each in contracts], pa.string()),
                }
            ),
        }
        for name, table in self._tables.items():
            self._load(name, table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @cites("606-10-45-1", "606-10-45-2", "606-10-45-3", "606-10-45-4")
    def positions(self, days: Iterable[date]) -> pa.Table:
        """Balances per contract at the end of each day; the days must have been recognised.

        Columns: contract, day, billed, taxed, paid, recognised, breakage, unrecognised,
        transaction_price, receivable, contract_liability, contract_asset; minor units.
        """
        self._load("dates", pa.table({"day": pa.array(sorted(set(days)), pa.date32())}))
        return self._query(f"{_sql('positions')} order by contract, day")

    @cites("606-10-25-31", "606-10-45-1")
    def postings(self, period: Period, months: Sequence[Period], posted: pa.Table) -> pa.Table:
        """What closing the period posts (columns of ``POSTED``); empty when nothing changed.

        ``months`` are all economic months from the first to ``period``, each with its end and
        the day before it recognised; ``posted`` is what closed periods hold, in ``POSTED`` form.
        """
        self._load("positions", self.positions([period.last]))
        self._load(
            "months",
            pa.table(
                {
                    "origin": [str(month) for month in months],
                    "day": pa.array([month.last for month in months], pa.date32()),
                    "before": pa.array([month.previous.last for month in months], pa.date32()),
                }
            ),
        )
        self._load("posted", posted)
        self._database.execute("set variable period = $1", [str(period)])
        return self._query(_sql("postings")).cast(POSTED)

    def query(self, sql: str) -> pa.Table:
        """Ask the subledger's tables: segments, recognised, billing, contracts."""
        return self._query(sql)

    def _load(self, name: str, table: pa.Table) -> None:
        self._database.register(f"{name}_arrow", table)
        self._database.execute(f"create or replace table {name} as select * from {name}_arrow")
        self._database.unregister(f"{name}_arrow")

    def _query(self, sql: str) -> pa.Table:
        return self._database.sql(sql).to_arrow_table()


def first_month(book: Book, period: Period) -> Period:
    """The earliest month any fact of the book belongs to, at most ``period``."""
    days = [
        day
        for history in book.histories.values()
        for day in (
            history.contract.inception,
            *(each.on for each in history.invoices),
            *(each.on for each in history.credit_memos),
            *(each.on for each in history.payments),
        )
    ]
    return min((Period.of(min(days)), period)) if days else period


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
