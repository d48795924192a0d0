"""When a fixed fee is billed in equal instalments: the amount, and the service of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from revrec.model.contract import Consideration
from revrec.money import to_minor
from revrec.periods import FOREVER, day_before, months_of, plus_months
from revrec.reconciliation import limits
from revrec.reconciliation.bills import Bill
from revrec.reconciliation.terms import DELIVERED, Terms

Service = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Equal instalments of one consideration."""

    obligation: str
    amount: int
    """Minor units of each."""
    slots: Sequence[Service]
    """First and last day of the service of each, before any modification."""


def schedules_of(terms: Terms, bills: Iterable[Bill]) -> dict[str, Schedule]:
    """The schedules that the contract's terms or its invoices prove, by consideration.

    Terms prove one when they state an instalment that divides the price and the term of exactly
    one fee evenly. Invoices prove one when at least ``SIBLINGS_MIN`` equal lines do so for their
    fee. An amount that does not divide both, as in a ramp, proves nothing.
    """
    eligible = {
        name: obligation
        for name, each in terms.fixed.items()
        if (obligation := _served_over_time(terms, each)) is not None
    }
    schedules: dict[str, Schedule] = {}
    stated = terms.instalment
    if stated is not None and stated > 0:
        proved = {
            name: schedule
            for name, obligation in eligible.items()
            if (schedule := _schedule(terms, name, obligation, stated)) is not None
        }
        if len(proved) == 1:
            schedules |= proved
    amounts: dict[str, Counter[int]] = {}
    for bill in bills:
        if not bill.credit and bill.service is not None and bill.amount > 0:
            amounts.setdefault(bill.consideration, Counter())[bill.amount] += 1
    for name in eligible.keys() - schedules.keys():
        for amount, count in sorted(amounts.get(name, Counter()).items()):
            schedule = _schedule(terms, name, eligible[name], amount)
            if count >= limits.SIBLINGS_MIN and schedule is not None:
                schedules[name] = schedule
                break
    return dict(sorted(schedules.items()))


def _served_over_time(terms: Terms, consideration: Consideration) -> str | None:
    """The obligation of a fee that is billed by days of service, not by delivery."""
    named = consideration.obligation
    among = [each for each in terms.versions if named in {None, each.obligation.id}]
    names = {each.obligation.id for each in among}
    delivered = any(each.obligation.measure in DELIVERED for each in among)
    return None if delivered or len(names) != 1 else names.pop()


def _schedule(terms: Terms, name: str, obligation: str, amount: int) -> Schedule | None:
    """Equal instalments of ``amount``, if they come to the price and divide the service evenly."""
    price = to_minor(terms.consideration[name].amount, terms.contract.currency)
    first = next(each for each in terms.versions if each.obligation.id == obligation)
    starts = first.first_day
    ends = first.obligation.end or terms.contract.end or FOREVER
    count = (2 * price + amount) // (2 * amount)
    if count < 1 or abs(count * amount - price) > count * limits.ROUNDING_MINOR_PER_LINE:
        return None
    if count == 1:
        slots = [(starts, ends)]
    else:
        slots = list(_equal_slots(starts, ends, count)) if ends != FOREVER else []
    changed = [each.new_terms_from or each.on for each in terms.modifications]
    kept = [slot for slot in slots if not changed or slot[1] < min(changed)]
    return Schedule(obligation, amount, kept) if kept else None


def _equal_slots(starts: date, ends: date, count: int) -> Iterator[Service]:
    months = months_of(starts, ends)
    each = months.numerator // count
    if months.denominator != 1 or each * count != months.numerator:
        return
    for place in range(count):
        begins = plus_months(starts, place * each)
        yield begins, day_before(plus_months(starts, (place + 1) * each))
