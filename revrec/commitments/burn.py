"""Burn-down: the use of accounts drawn day by day, in order, and what every lot gave for it.

The grain is the day and the meter. It gives what single events would give, except where the order
of events within a day decides: use of a day comes after all that ends, begins or is corrected on
that day, and where a lot is used up, contracts and meters by name come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import atoms_of
from revrec.commitments.accounts import Account
from revrec.commitments.lots import Held, lot_of, scale_of
from revrec.drawing.draw import Drawing
from revrec.model.contract import CountedIn
from revrec.model.credit import CreditGrant, TopUpRule
from revrec.money import atoms
from revrec.periods import Month, day_before, plus_months

UseRow = tuple[date, str, str, int, int]
"""Day, contract, meter, and atoms of quantity and amount."""


class Draw(NamedTuple):
    """What a lot gave for the use of a contract's meter on a day; counts are atoms."""

    day: date
    contract: str
    """Who used it."""
    meter: str
    lot: str
    """Empty for use that belongs to no lot."""
    exceeds: bool
    """Whether it exceeds the lot: it is use that nothing covers."""
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Burned:
    """An account after its use: its lots as they stand, and every draw in order."""

    account: Account
    drawing: Drawing
    draws: list[Draw]
    topped_up: list[Held] = field(default_factory=list)
    """What was bought by a rule and is not told as a grant."""


def uses_of(daily: pa.Table, accounts: Iterable[Account]) -> dict[str, list[UseRow]]:
    """Daily usage (contract, meter, usage_date, quantity, amount) by account, in order."""
    account_of = {name: each.id for each in accounts for name in each.contracts}
    names = pa.array(list(account_of), pa.string())
    place = pc.index_in(daily["contract"], value_set=names)
    owners = pa.array(list(account_of.values()), pa.string())
    table = daily.append_column("account", pc.take(owners, place)).filter(pc.is_valid(place))
    order = ("account", "usage_date", "contract", "meter")
    table = table.sort_by([(name, "ascending") for name in order])
    rows = zip(
        table["account"].to_pylist(),
        table["usage_date"].to_pylist(),
        table["contract"].to_pylist(),
        table["meter"].to_pylist(),
        atoms_of(table["quantity"]),
        atoms_of(table["amount"]),
        strict=True,
    )
    return {name: [row[1:] for row in group] for name, group in groupby(rows, itemgetter(0))}


def burn(account: Account, uses: Sequence[UseRow], as_of: date) -> Burned:
    """Draw the uses up to a day, and let happen what happens by then."""
    drawing = account.drawing()
    burned = Burned(account, drawing, [])
    for day, contract, meter, quantity, amount in uses:
        if day > as_of:
            break
        for rule in account.rules:
            _top_up(burned, rule, day, (contract, meter, quantity, amount))
        parts = drawing.use(day.toordinal(), quantity, amount, consumer=contract, label=meter)
        burned.draws.extend(
            Draw(day, contract, meter, lot.name if lot else "", exceeds, given, worth)
            for lot, exceeds, given, worth in parts
        )
    drawing.advance(as_of.toordinal())
    return burned


def held_in(burned: Burned) -> Iterator[Held]:
    """Everything held in an account, told or bought by a rule."""
    yield from burned.account.held.values()
    yield from burned.topped_up


def _top_up(burned: Burned, rule: TopUpRule, day: date, use: tuple[str, str, int, int]) -> None:
    """Buy credits before a use that would leave less than the threshold, as often as it takes."""
    contract, meter, quantity, amount = use
    if contract != rule.contract or day < rule.on or (rule.until and day > rule.until):
        return
    scale = scale_of(rule.counted_in)
    by_amount = rule.counted_in is CountedIn.AMOUNT
    wanted = atoms(rule.threshold, scale) + (amount if by_amount else quantity)
    drawing = burned.drawing
    drawing.advance(day.toordinal())
    left = drawing.available(contract, meter, by_amount=by_amount)
    month = Month.of(day)
    bought = [name for name in _bought(burned, rule) if Month.of(name[0]) == month]
    number = len([each for each in bought if each[0] == day])
    times = len(bought)
    while left < wanted and times < rule.times_in_a_month_max and rule.amount > 0:
        number, times = number + 1, times + 1
        held = _topped_up(rule, f"{rule.id} {day} {number}", day, burned.account)
        burned.topped_up.append(held)
        drawing.plan(held.lot)
        drawing.advance(day.toordinal())
        left += held.lot.amount


def _bought(burned: Burned, rule: TopUpRule) -> Iterator[tuple[date, str]]:
    """What the rule bought so far, told as a grant or not: day and name."""
    for held in held_in(burned):
        if held.origin.startswith(f"{rule.id} ") and not held.rolled_over:
            yield held.first, held.origin


def _topped_up(rule: TopUpRule, name: str, day: date, account: Account) -> Held:
    last = day_before(plus_months(day, rule.months))
    grant = CreditGrant(
        id=name,
        contract=rule.contract,
        on=day,
        last_day=last,
        amount=rule.amount,
        counted_in=rule.counted_in,
        paid=rule.paid,
        priority=rule.priority,
        obligation=rule.obligation,
        consideration=rule.consideration,
        reason=f"bought by {rule.id}",
    )
    (held,) = lot_of(grant, {}, account.order, (name, day, last))
    return held
