"""Statements of use for customers, with what they were computed from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from revrec.disclosure import columns as c
from revrec.model.dataset import Column, DataSet, TieOut
from revrec.money import minor_digits, round_ratio
from revrec.operations.workspace import Workspace
from revrec.store import entities, facts
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction
from revrec.usage.drilling import Span, totals
from revrec.usage.statement import Level, Statement, statement

_TITLES: Mapping[Level, tuple[str, str]] = {
    Level.TOTAL: ("statement_totals", "Totals"),
    Level.METER: ("statement_by_meter", "By meter"),
    Level.PROJECT: ("statement_by_project", "By project"),
    Level.DAY: ("statement_by_day", "By day"),
}
"""Level -> name and title of its data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReport:
    """A statement, whose it is, and what the ledger says without it."""

    entity: Entity
    statement: Statement
    rated: Mapping[str, Fraction]
    """By currency: what the usage ledger holds of the customer, read row by row."""
    known_at: datetime
    prepared_by: str
    fact_seq: int

    @property
    def datasets(self) -> Sequence[DataSet]:
        """A table for each level."""
        return [_table(self.statement, level) for level in Level]

    @property
    def tie_outs(self) -> Sequence[TieOut]:
        """Every level against the rows of the ledger, by currency."""
        return list(self._tie_outs())

    def _tie_outs(self) -> Iterator[TieOut]:
        for level in Level:
            for currency, rated in sorted(self.rated.items()):
                amounts = (
                    Fraction(each.amount)
                    for each in self.statement.at(level)
                    if each.currency == currency
                )
                yield TieOut(
                    name=f"{_TITLES[level][1]}: the rows of the usage ledger",
                    left_name=f"Statement: {_TITLES[level][1].lower()}",
                    left=_minor(sum(amounts, Fraction(0)), currency),
                    right_name="Usage ledger: its rows",
                    right=_minor(rated, currency),
                    currency=currency,
                    mark="R",
                )


def customer_statement(
    workspace: Workspace,
    *,
    customer: str,
    label: str,
    first: date,
    last: date,
    version: int | None = None,
    known_at: datetime | None = None,
    most: int = 20,
) -> StatementReport:
    """What ``usage.statement`` gives, beside the sum of the rows themselves."""

    def read(tx: Transaction) -> StatementReport:
        made = statement(
            tx, workspace.lake, customer=customer, label=label, first=first, last=last,
            version=version, known_at=known_at, most=most,
        )  # fmt: skip
        span = Span(first=first, last=last, customer=customer, version=version, known_at=known_at)
        rated: dict[str, Fraction] = {}
        for each in totals(tx, workspace.lake, [], span, rolled=False).totals:
            held = rated.get(each.currency, Fraction(0))
            rated[each.currency] = held + Fraction(each.amount)
        return StatementReport(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            statement=made,
            rated=rated,
            known_at=known_at or tx.now,
            prepared_by=tx.actor,
            fact_seq=facts.last_seq(tx),
        )

    return workspace.run(read, read_only=True)


def _minor(amount: Fraction, currency: str) -> int:
    """Minor units, rounded once."""
    return round_ratio(amount.numerator * 10 ** minor_digits(currency), amount.denominator)


def _table(made: Statement, level: Level) -> DataSet:
    name, title = _TITLES[level]
    places: list[Column] = []
    if level >= Level.METER:
        places.append(c.text("meter", "Meter"))
    if level >= Level.PROJECT:
        places.append(c.text("project", f"Project (label {made.label})"))
    if level is Level.DAY:
        places.append(c.day("day", "Day"))
    rows = []
    for each in made.at(level):
        project = f"{each.others:,} others" if each.others else each.project or "(none)"
        place = [each.meter, project, each.day][: len(places)]
        key = c.key_of(each.currency, each.unit, *(str(at) for at in place))
        rows.append(
            (*place, each.unit, each.currency, each.rows, each.quantity, each.amount,
             _minor(Fraction(each.amount), each.currency), each.drill, key)
        )  # fmt: skip
    return DataSet(
        name=name,
        title=title,
        columns=[
            *places, c.text("unit", "Unit"), c.CURRENCY, c.count("rows", "Rows"),
            c.quantity("quantity", "Quantity"), c.quantity("amount", "Amount, exact"),
            c.money("rounded", "Amount", total=False), c.text("drill", "Leads to"), c.ROW_KEY,
        ],
        rows=rows,
        note="Amounts as rated; exact ones add up from level to level, rounded ones each by "
        "itself.",
    )  # fmt: skip


def statement_data(made: Statement) -> dict[str, object]:
    """The statement as plain data: amounts and quantities as text."""
    return {
        "customer": made.customer,
        "label": made.label,
        "from": str(made.first),
        "to": str(made.last),
        "version": made.version,
        "lines": [
            {
                "level": each.level.name.lower(),
                "meter": each.meter,
                "project": each.project,
                "others": each.others,
                "day": None if each.day is None else str(each.day),
                "unit": each.unit,
                "currency": each.currency,
                "rows": each.rows,
                "quantity": f"{each.quantity:f}",
                "amount": f"{each.amount:f}",
                "drill": each.drill,
            }
            for each in made.lines
        ],
    }
