"""Contracts in other currencies than the functional one, measured all together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from revrec.asc606.openings import taken_over
from revrec.engine import Accounting
from revrec.errors import MissingExchangeRate, PeriodNotReady
from revrec.ledger.functional import Balances, Flow, Key, Measured, measure
from revrec.ledger.kinds import PRESENTATION
from revrec.ledger.rates import Rates, rates_of
from revrec.model.history import Book, ContractHistory
from revrec.periods import FOREVER, Calendar, Period

MEASURED = pa.schema(
    [
        ("origin", pa.string()),
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("component", pa.string()),
        ("product", pa.string()),
        ("event", pa.string()),
        ("functional", pa.int64()),
    ]
)
"""What postings are worth in minor units of the functional currency, by their keys."""
STANDING = pa.schema(
    [("contract", pa.string()), ("account", pa.string()), ("functional", pa.int64())]
)
"""What monetary balances must come to at the rate of the day, debit positive."""
_DOCUMENTS = frozenset(
    "billing credit_memo tax for_principal payment refund customer_payment write_off".split()
)
_BLOCKERS_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Abroad:
    """The contracts, and what they are measured with."""

    names: Sequence[str]
    """In the ledger under a currency of their own, accounted for or not."""
    histories: Mapping[str, ContractHistory]
    begins_on: Mapping[str, Sequence[date]]
    """Days from which on there is a contract where there was none."""
    rates: Rates | None

    @property
    def named(self) -> pa.Table:
        """The names as a column."""
        return pa.table({"contract": pa.array(self.names, pa.string())})

    def measure(
        self, flows: pa.Table, positions: pa.Table, period: Period
    ) -> tuple[pa.Table, pa.Table]:
        """What every posting to the end of the period is worth, and what must come of it.

        In the form of ``MEASURED`` and of ``STANDING``.
        ``flows`` are postings by period, ``positions`` balances at the period's end. Raises
        PeriodNotReady listing the exchange rates that are missing.
        """
        if self.rates is None or not self.histories:
            return MEASURED.empty_table(), STANDING.empty_table()
        by_contract = self._by_contract(flows, period.calendar)
        balances = {row["contract"]: row for row in positions.to_pylist()}
        found: dict[str, Measured] = {}
        missing: dict[str, None] = {}
        for name, history in self.histories.items():
            try:
                found[name] = measure(
                    history,
                    by_contract.get(name, {}),
                    Balances(**{each: balances[name][each] for each in Balances.__slots__}),
                    self.rates,
                    period=period,
                    begins_on=self.begins_on.get(name, ()),
                )
            except MissingExchangeRate as error:
                missing[str(error)] = None
        if missing:
            raise _not_ready(period, list(missing))
        return _amounts(found), _standing(found)

    def _by_contract(
        self, flows: pa.Table, calendar: Calendar
    ) -> Mapping[str, Mapping[Period, Sequence[Flow]]]:
        """What performance and other streams moved: documents and what is presented come apart."""
        told = pa.array([*_DOCUMENTS, *PRESENTATION])
        chosen = flows.filter(
            pc.and_not(
                pc.is_in(flows["contract"], pa.array(list(self.histories))),
                pc.or_(pc.is_in(flows["event"], told), pc.equal(flows["amount"], 0)),
            )
        )
        columns = ("contract", "origin", "obligation", "component", "product", "event", "amount")
        found: dict[str, dict[Period, list[Flow]]] = defaultdict(lambda: defaultdict(list))
        periods = {each: calendar.parse(each) for each in chosen["origin"].unique().to_pylist()}
        # What another system earned is worth what it is carried at, whatever the rates were then.
        taken = {
            name: calendar.of(told.on)
            for name, history in self.histories.items()
            if (told := taken_over(history)) is not None
        }
        for contract, origin, *flow, amount in zip(
            *(chosen[name].to_pylist() for name in columns), strict=True
        ):
            obligation, component, product, event = flow
            row = (obligation, component, product, event, int(amount))
            found[contract][max(periods[origin], taken.get(contract, periods[origin]))].append(row)
        return found


def abroad(book: Book, accounting: Accounting) -> Abroad:
    """The contracts of the book that are not in its functional currency; none if not told."""
    rates = rates_of(book)
    names = [] if rates is None else [
        name
        for name, history in sorted([*book.histories.items(), *book.apart.items()])
        if history.contract.currency != rates.into
    ]  # fmt: skip
    accounted = [name for name in names if name in accounting.contracts]
    return Abroad(
        names=names,
        histories={name: book.histories[name] for name in accounted},
        begins_on={
            name: [
                last + timedelta(days=1)
                for _, last in accounting.contracts[name].without_contract
                if last < FOREVER
            ]
            for name in accounted
        },
        rates=rates,
    )


def _amounts(found: Mapping[str, Measured]) -> pa.Table:
    rows: list[tuple[str, Key, int]] = [
        (name, key, worth) for name, each in found.items() for key, worth in each.amounts.items()
    ]
    columns = list(
        zip(*((key[0], name, *key[1:], worth) for name, key, worth in rows), strict=True)
    )
    return _table(columns, MEASURED)


def _standing(found: Mapping[str, Measured]) -> pa.Table:
    rows = [
        (name, account.value, worth)
        for name, each in found.items()
        for account, worth in each.standing.items()
    ]
    return _table(list(zip(*rows, strict=True)), STANDING)


def _table(columns: Sequence[Sequence[object]], schema: pa.Schema) -> pa.Table:
    filled = columns or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(filled, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _not_ready(period: Period, missing: Sequence[str]) -> PeriodNotReady:
    more = len(missing) - _BLOCKERS_SHOWN_MAX
    shown = " ".join(missing[:_BLOCKERS_SHOWN_MAX]) + (f" And {more:,} more." if more > 0 else "")
    return PeriodNotReady(
        f"{len(missing):,} exchange rates are missing to measure {period}: {shown}",
        remedy="Record them, then close again.",
        gate="exchange-rates-are-told",
        blockers=list(missing),
    )
