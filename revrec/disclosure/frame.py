"""Everything the schedules read, as tables of one database in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Self

import pyarrow as pa

from revrec.column_rows import ColumnRows
from revrec.columnar import connect, table_of
from revrec.disclosure.opening_lots import MOVEMENTS, drawn_from_opening
from revrec.disclosure.span import Span
from revrec.disclosure.terms import terms_of
from revrec.engine import Accounting
from revrec.errors import InvariantViolated
from revrec.ledger.chain import timestamp
from revrec.ledger.entries import PostedEntry
from revrec.ledger.kinds import kind_table
from revrec.ledger.outlook import in_force, scheduled
from revrec.ledger.subledger import Subledger
from revrec.model.dataset import Column, DataSet
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.periods import Period

BANDS = (3, 12, 24, 36)
"""Periods after which the bands of remaining performance obligations end."""
_LINES = pa.schema(
    [
        ("entry_seq", pa.int64()),
        ("period", pa.string()),
        ("origin", pa.string()),
        ("event", pa.string()),
        ("memo", pa.string()),
        ("posted_at", pa.string()),
        ("posted_by", pa.string()),
        ("account", pa.string()),
        ("product", pa.string()),
        ("gl_code", pa.string()),
        ("gl_name", pa.string()),
        ("currency", pa.string()),
        ("amount", pa.int64()),
    ]
)
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the schedules are derived from."""

    book: Book
    accounting: Accounting
    subledger: Subledger
    posted: pa.Table
    """Posting detail of every closed period up to the report's last (``ledger.detail.DETAIL``)."""
    entries: Sequence[PostedEntry]
    """The journal of the same periods."""
    span: Span
    usage: Sequence[pa.Table] | None = None
    """The counts that were given to ``engine.account``; none if they are not at hand."""


class Frame:
    """Tables contract, obligation, component, posted, line, position, outlook, ahead, stretch.

    ``frame.sql`` says what the derived ones hold. Closes with its context.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.span = inputs.span
        self._opened = ExitStack()
        self._database = self._opened.enter_context(connect())
        terms = terms_of(inputs.book, inputs.accounting, self.span.last)
        standing = in_force(inputs.subledger.query, self.span.last)
        self._refuse_unrecognised(standing, self.span.last)
        self.load("contract", terms.contracts)
        self.load("obligation", terms.obligations)
        self.load("component", terms.components)
        self.load("standing", standing)
        self.load("stood", self._stood())
        self.load(
            "projected", scheduled(inputs.accounting.recognised.segments, standing, self._days())
        )
        self.load("position", inputs.subledger.positions([self.span.last]))
        self.load("line", _lines(inputs.entries))
        self.load("posted_rows", inputs.posted)
        self.load("kind", kind_table())
        self.load("mapped", self._mapped())
        self.load("month", self._periods())
        for name, value in self._bounds().items():
            self._database.execute(f"set variable {name} = $1", [value])
        self._database.execute(_sql("frame"))
        stretches = [(str(a), str(b), str(z)) for a, b, z in self.rows("from stretch")]
        drawn = drawn_from_opening(
            self.rows(MOVEMENTS), inputs.book, stretches, self.span.period.calendar
        )
        self.load("drawn", drawn)
        self._database.execute(_sql("balances"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @cached_property
    def entity(self) -> int:
        """The entity of the book; 0 before anything was posted."""
        found = {row[0] for row in self.rows("select distinct entity_id from posted")}
        found |= {each.entity for each in self.inputs.entries}
        if len(found) > 1:
            raise InvariantViolated(
                f"Postings of entities {', '.join(map(str, sorted(found, key=str)))} are mixed.",
                remedy="Report one entity at a time.",
            )
        return int(str(found.pop())) if found else 0

    @cached_property
    def customers(self) -> Mapping[str, str]:
        """Contract -> its customer for readers."""
        found = self.rows("select contract, customer from contract")
        return {str(name): str(customer) for name, customer in found}

    @cached_property
    def products(self) -> Mapping[str, Mapping[str, str]]:
        """Contract -> obligation -> product, under the terms at the report's end."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for contract, obligation, product in self.rows(
            "select contract, obligation, product from obligation"
        ):
            found[str(contract)][str(obligation)] = str(product)
        return found

    def rows(self, sql: str, parameters: object = None) -> list[Row]:
        """The rows of a query."""
        return self._database.execute(sql, parameters).fetchall()

    def execute(self, sql: str) -> None:
        """Run a statement, such as one that makes a table."""
        self._database.execute(sql)

    def data_set(
        self, name: str, title: str, columns: Sequence[Column], sql: str, *, note: str = ""
    ) -> DataSet:
        """A data set whose columns are those of the query, in its order."""
        table = self._database.sql(sql).to_arrow_table()
        wanted = [column.name for column in columns]
        assert wanted == table.column_names, f"{name}: {table.column_names} for {wanted}"
        return DataSet(
            name=name, title=title, columns=columns, rows=ColumnRows.of(table), note=note
        )

    def _bounds(self) -> Mapping[str, object]:
        """Variables of SQL: first and last period of the report, its last day, those of bands."""
        span = self.span
        bands = {f"last_{count}": span.period.plus(count).last for count in BANDS}
        ends = {"first_day": span.first.first, "last": span.last}
        return {"first": str(span.first), "period": str(span.period), **ends, **bands}

    def _periods(self) -> pa.Table:
        """Those of the report with their last days."""
        periods = self.span.periods
        days = pa.array([each.last for each in periods], pa.date32())
        return pa.table({"period": pa.array(map(str, periods), pa.string()), "day": days})

    def load(self, name: str, table: pa.Table) -> None:
        """Make a table known under a name of its own."""
        self._database.register("arrow", table)
        self._database.execute(f"create table {name} as select * from arrow")
        self._database.unregister("arrow")

    def _mapped(self) -> pa.Table:
        """General ledger accounts as the policy maps them now, for every account posted to."""
        pairs = self.rows("select distinct account, product from posted_rows order by all")
        accounts = self.inputs.book.policy.accounts
        mapped = [accounts.of(Account(str(account)), str(product)) for account, product in pairs]
        return pa.table(
            {
                "account": pa.array([pair[0] for pair in pairs], pa.string()),
                "product": pa.array([pair[1] for pair in pairs], pa.string()),
                "gl_code": pa.array([each.code for each in mapped], pa.string()),
                "gl_name": pa.array([each.name for each in mapped], pa.string()),
            }
        )

    def _days(self) -> list[date]:
        last = self.span.period
        ahead: Iterable[Period] = [*self.span.scheduled, *(last.plus(count) for count in BANDS)]
        return sorted({last.last, *(month.last for month in ahead)})

    def _stood(self) -> pa.Table:
        """Prices in force the day before the report, and what of them was recognised."""
        before = self.span.first.previous.last
        stood = in_force(self.inputs.subledger.query, before)
        self._refuse_unrecognised(stood, before)
        return stood

    def _refuse_unrecognised(self, standing: pa.Table, on: date) -> None:
        """Without revenue to date on the day what is shown of it would be empty."""
        alive = [
            segment
            for segment in self.inputs.accounting.recognised.segments
            if segment.valid_from <= on <= segment.valid_to
        ]
        if len(alive) != standing.num_rows:
            raise InvariantViolated(
                f"{standing.num_rows:,} of {len(alive):,} segments in force on {on} "
                "have revenue to date on that day.",
                remedy="Give engine.account the day before the report and every month's last.",
            )


def _lines(entries: Iterable[PostedEntry]) -> pa.Table:
    rows = [
        (each.seq, str(each.entry.period), str(each.entry.origin), each.entry.event,
         each.entry.memo, timestamp(each.posted_at), each.posted_by, line.account, line.product,
         line.gl_code, line.gl_name, line.currency, line.amount)
        for each in entries
        for line in each.entry.lines
    ]  # fmt: skip
    return table_of(rows, _LINES)


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
