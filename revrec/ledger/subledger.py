"""The subledger: balances and postings of all contracts, set-wise, from facts as known now.

``posting(period) = recognised to date (all facts known now) - already posted (closed periods)``,
by economic period, so that what is learned late names the period it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Self

import duckdb
import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect, encoded
from revrec.engine import Accounting
from revrec.ledger.abroad import STANDING, abroad
from revrec.ledger.contract_tables import contract_tables
from revrec.ledger.kinds import kind_table
from revrec.ledger.maturity import MATURITY, is_posted, split_by_maturity
from revrec.model.history import Book
from revrec.periods import Period
from revrec.planned import FEW, asked

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
        ("functional", pa.int64()),
    ]
)
"""Postings, debit positive: ``amount`` in minor units of the contract's currency, ``functional``
in those of the functional currency; none where that is the contract's own, or was not told."""
_SORTED = ("origin", "event", "contract", "obligation", "component", "account", "product")
ORDER = tuple((name, "ascending") for name in _SORTED)
"""The one order that postings have, whatever they were computed with."""

_ACCRUAL = """
select s.contract, s.obligation, s.component, s.stream, r.day, sum(r.revenue) as amount
from accrued r join accrued_segments s using (segment) group by all
"""
_OF_BALANCES = (
    *("segments", "recognised", "accrued_segments", "accrued", "billing"),
    *("reduction", "kind", "contracts", "without_contract"),
)
"""Tables that balances are computed from, beside days."""
_CLASSIFIED = """
select p.*, coalesce(m.contract_cost, 0)::bigint as contract_cost,
       coalesce(m.non_current_liability, 0)::bigint as non_current_liability,
       coalesce(m.non_current_asset, 0)::bigint as non_current_asset,
       coalesce(m.non_current_cost, 0)::bigint as non_current_cost
from unclassified p left join (
    select contract,
           sum(balance) filter (account = 'contract_cost_asset') as contract_cost,
           sum(non_current) filter (account = 'contract_liability') as non_current_liability,
           sum(non_current) filter (account = 'contract_asset') as non_current_asset,
           sum(non_current) filter (account = 'contract_cost_asset') as non_current_cost
    from maturity group by contract
) m using (contract)
"""


_MOVED = """
select origin, part, event, amount, 0 as functional from flows
union all
select origin, part, event, 0, functional
from measured join parts using (contract, obligation, component, product)
"""
_NONE_TAKEN = "create or replace temp view moves as from moved"
_FLOWS_ABROAD = """
select origin, contract, obligation, component, product, event, amount
from flows join parts using (part) semi join abroad using (contract)
"""
_COMPOSED = """
select contract, day, is_contract, cancellable,
       columns(* exclude (contract, day, is_contract, cancellable))::bigint
from returned
"""


class Subledger:
    """Contracts, what they earned and what they were billed, ready to be asked."""

    def __init__(
        self,
        book: Book,
        accounting: Accounting,
        contracts: Mapping[str, pa.Table] | None = None,
    ) -> None:
        """``contracts`` are what ``contract_tables`` gives, where the book is without them."""
        self._opened = ExitStack()
        told = contract_tables(book, accounting) if contracts is None else contracts
        self._tables = {
            "segments": accounting.recognised.columns,
            "recognised": accounting.recognised.table,
            "accrued_segments": accounting.accrued.columns,
            "accrued": accounting.accrued.table,
            "kind": kind_table(),
            **told,
        }
        self._policy, self._accounting = book.policy, accounting
        self._abroad = abroad(book, accounting)
        self._tables["abroad"] = self._abroad.named
        self.standing = STANDING.empty_table()
        """After ``postings``: what monetary balances in other currencies must come to."""
        self.maturity = MATURITY.empty_table()
        """After ``postings``: balances by maturity, where policy posts that."""

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """With all tables; few rows are read without it."""
        database = self._opened.enter_context(connect())
        for name, table in self._tables.items():
            database.register(name, table)
        database.execute(f"create table accrual as {_ACCRUAL}")
        return database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @cites(
        "606-10-25-8", "606-10-32-10", "606-10-45-1", "606-10-45-2", "606-10-45-3", "606-10-45-4"
    )  # fmt: skip
    def positions(self, days: Iterable[date]) -> pa.Table:
        """Balances per contract at the end of each day; the days must have been recognised.

        Sums to date (billed less credited, taxed, for_principal, paid less returned,
        paid_to_customer, written_off, recognised, accrued: what interest and financing add,
        breakage), the price (unrecognised, transaction_price), what presentation moves
        (cash_in_advance, conditional_bill) and the balances receivable, deposit_liability,
        refund_liability, contract_liability, contract_asset; minor units.
        """
        wanted = tuple(sorted(set(days)))
        if wanted not in self._positions:
            self._positions[wanted] = self._balances(wanted, _sql("positions"))
        return self._positions[wanted]

    @cached_property
    def _positions(self) -> dict[tuple[date, ...], pa.Table]:
        """Positions by their days: a close asks for its last day more than once."""
        return {}

    def composed(self, days: Iterable[date]) -> pa.Table:
        """What ``positions`` are computed from, beside them; minor units."""
        return self._balances(days, _COMPOSED)

    def _balances(self, days: Iterable[date], select: str) -> pa.Table:
        dates = pa.table({"day": pa.array(sorted(set(days)), pa.date32())})
        balances = f"{_sql('balances')}\n{select} order by contract, day"
        if self._tables["contracts"].num_rows * dates.num_rows <= FEW:
            tables = {name: self._tables[name] for name in _OF_BALANCES}
            few = f"with accrual as ({_ACCRUAL}) from ({balances}) order by contract, day"
            return asked(few, {**tables, "dates": dates})
        self._load("dates", dates)
        return self._database.sql(balances).to_arrow_table()

    @cites("606-10-25-31", "606-10-45-1")
    def postings(
        self,
        period: Period,
        periods: Sequence[Period],
        posted: pa.Table,
        *,
        settled: Iterable[str] = (),
    ) -> pa.Table:
        """What closing the period posts (columns of ``POSTED``); empty when nothing changed.

        ``periods`` are all economic periods from the first to ``period``, each with its end and
        the day before it recognised; ``posted`` is what closed periods hold, in ``POSTED`` form.
        ``settled`` are contracts whose cutover earlier periods posted.
        """
        self._load("settled", pa.table({"contract": pa.array([*settled], pa.string())}))
        self._classify(period)
        self._load(
            "periods",
            pa.table(
                {
                    "origin": [str(each) for each in periods],
                    "day": pa.array([each.last for each in periods], pa.date32()),
                    "before": pa.array([each.previous.last for each in periods], pa.date32()),
                }
            ),
        )
        self._load("posted", posted)
        self._database.execute("set variable period = $1", [str(period)])
        self._database.execute(_sql("flows"))
        flows = self._query(_FLOWS_ABROAD)
        positions = self._query("from positions semi join abroad using (contract)")
        measured, self.standing = self._abroad.measure(flows, positions, period)
        self._load("measured", measured)
        self._database.execute(f"create or replace temp view moved as {_MOVED}")
        # To plan what is taken over takes longer than to post a small book.
        taken = self._tables["cutover"].num_rows
        self._database.execute(_sql("taken_over") if taken else _NONE_TAKEN)
        return self._query(_sql("postings")).cast(POSTED).sort_by([*ORDER])

    def _classify(self, period: Period) -> None:
        """Load positions at the period's end with what of them is posted as non-current."""
        positions = self.positions([period.last])
        self.maturity = MATURITY.empty_table()
        if is_posted(self._policy, period.last):
            self.maturity = split_by_maturity(
                self.query, self._accounting, self._policy, positions, period
            )
        self._load("unclassified", positions)
        self._load("maturity", self.maturity)
        self._database.execute(f"create or replace temp view positions as {_CLASSIFIED}")

    def query(self, sql: str) -> pa.Table:
        """Ask the subledger's tables: segments, recognised, accrual, billing, kind, contracts."""
        return self._query(sql)

    def _load(self, name: str, table: pa.Table) -> None:
        self._database.register(name, table)

    def _query(self, sql: str) -> pa.Table:
        return self._database.sql(sql).to_arrow_table()


def summed(posted: pa.Table) -> pa.Table:
    """Posting detail summed over the closes that posted it (``POSTED``)."""
    texts = {
        name: encoded(posted[name]) for name in POSTED.names if name not in {"amount", "functional"}
    }
    places = {name: column.indices for name, column in texts.items()}
    rows = pa.table({**places, "amount": posted["amount"], "functional": posted["functional"]})
    sums = [("amount", "sum"), ("functional", "sum")]
    total = rows.group_by([*texts], use_threads=False).aggregate(sums)
    told = {
        name: column.dictionary.take(total[name].combine_chunks()) for name, column in texts.items()
    }
    amounts = {"amount": total["amount_sum"], "functional": total["functional_sum"]}
    return pa.table({**told, **amounts}).select(POSTED.names).cast(POSTED)


def first_period(book: Book, period: Period) -> Period:
    """The earliest period any fact of the book belongs to, at most ``period``."""
    days = [history.first_day for history in book.histories.values()]
    return min((period.calendar.of(min(days)), period)) if days else period


@cache
def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
