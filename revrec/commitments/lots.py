"""Lots that grants and commitments make: each time they recur, and what of each rolls over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.drawing.lot import Keeps, Lot
from revrec.errors import FeedError
from revrec.model.commitment import Commitment, CommitmentAmendment, CommitmentForm
from revrec.model.contract import CountedIn
from revrec.model.credit import CreditGrant, DrawFirst, Recurrence, Rollover
from revrec.model.rating import Rounding
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms, round_ratio
from revrec.periods import FOREVER, day_before, next_day, plus_months
from revrec.rating.grants import Standing, rank
from revrec.rating.proration import granted_part, rounded

ROLLED_OVER = " rolled over"
"""What is put behind the name of a lot for what of it goes on."""
Meters = Mapping[tuple[str, str], frozenset[str]]
"""(Contract, product) -> the meters that count towards it."""


@dataclass(slots=True, kw_only=True)
class Held:
    """A lot with the fact it follows from."""

    lot: Lot
    of: CreditGrant | Commitment
    origin: str
    """Name of the grant or commitment, with its first day if it recurs."""
    first: date
    last: date
    """Last day as told at first; ``FOREVER`` if it has none."""
    amendments: list[CommitmentAmendment] = field(default_factory=list)
    voided: date | None = None

    @property
    def rolled_over(self) -> bool:
        """Whether it is what went on of another."""
        return self.lot.name != self.origin

    def last_day(self, as_of: date) -> date:
        """Its last day as amended by then."""
        if self.rolled_over:
            return date.fromordinal(self.lot.end - 1)
        told = [each.last_day for each in self._until(as_of) if each.last_day]
        return told[-1] if told else self.last

    def price(self, as_of: date) -> Decimal:
        """What all of it costs as amended by then."""
        if isinstance(self.of, CreditGrant):
            return self.of.paid
        told = [price for each, price in self.prices() if each.on <= as_of]
        return told[-1] if told else price_of(self.of)

    def prices(self) -> Iterator[tuple[CommitmentAmendment, Decimal]]:
        """What all of it costs from each amendment on; its amount where no price was ever told."""
        if isinstance(self.of, CreditGrant):
            return
        price, follows = price_of(self.of), self.of.price is None
        for each in self.amendments:
            if each.price is not None:
                price, follows = each.price, False
            elif each.amount is not None and follows:
                price = each.amount
            yield each, price

    def _until(self, as_of: date) -> list[CommitmentAmendment]:
        return [each for each in self.amendments if each.on <= as_of]


def beyond(amount: int, of: CreditGrant | Commitment | None) -> int:
    """What use beyond a commitment costs, rated at so many atoms: these times its factor."""
    if not isinstance(of, Commitment):
        return amount
    exact = Fraction(of.overage_factor) * amount
    return round_ratio(exact.numerator, exact.denominator)


def price_of(commitment: Commitment) -> Decimal:
    """What all of it costs as told at first.

    Raises FeedError for a commitment to units that tells no price.
    """
    if commitment.price is not None:
        return commitment.price
    if commitment.counted_in is CountedIn.QUANTITY:
        raise FeedError(
            f"The commitment {commitment.id!r} is to units and tells no price.",
            remedy="Give `price`, what is paid for all of them.",
        )
    return commitment.amount


def scale_of(counted_in: CountedIn) -> int:
    """Decimal places that are kept of a count."""
    return AMOUNT_SCALE if counted_in is CountedIn.AMOUNT else QUANTITY_SCALE


_Promised = CreditGrant | Commitment


def each_time(told: _Promised) -> Iterator[tuple[_Promised, tuple[str, date, date]]]:
    """What is granted or promised each time, with its name, first and last day.

    The first time is of the part of its period, where it is prorated; the others are as told.

    Raises FeedError for terms that contradict each other.
    """
    for number, named in enumerate(
        times(told.id, told.on, told.last_day, told.recurs, _anchor(told))
    ):
        yield (_prorated(told) if number == 0 else told), named


def _anchor(told: CreditGrant | Commitment) -> date:
    """The day from which its periods are counted."""
    terms = told.prorated
    if terms is None or told.recurs is None:
        return told.on
    if terms.period_months != told.recurs.every_months:
        raise FeedError(
            f"{told.id!r} recurs every {told.recurs.every_months} months and is prorated in "
            f"periods of {terms.period_months}.",
            remedy="Let `period_months` be the months after which it recurs.",
        )
    return terms.period_first


def _prorated(told: _Promised) -> _Promised:
    """What the first time is of, in a period that began before it."""
    terms = told.prorated
    if terms is None:
        return told
    if isinstance(told, Commitment) and told.installments:
        raise FeedError(
            f"{told.id!r} is prorated and billed in installments.",
            remedy="Tell the amount and the installments of the part, without `prorated`.",
        )
    part = granted_part(told.id, told.on, terms)

    def of(amount: Decimal, decimals: int) -> Decimal:
        rounding = Rounding(decimals=decimals, mode=terms.mode)
        return rounded(Fraction(amount) * part, rounding, "")

    amount = of(told.amount, terms.decimals)
    if isinstance(told, CreditGrant):
        whole = terms.price_decimals is None
        paid = told.paid if whole else of(told.paid, terms.price_decimals or 0)
        return replace(told, amount=amount, paid=paid)
    price = price_of(told)
    if terms.price_decimals is not None:
        price = of(price, terms.price_decimals)
    return replace(told, amount=amount, price=price)


def times(
    name: str, on: date, last_day: date | None, recurs: Recurrence | None, anchor: date
) -> Iterator[tuple[str, date, date]]:
    """Each time something is granted or promised: its name, first and last day.

    It recurs by periods counted from the anchor, in the first of which it begins.
    """
    if recurs is None:
        yield name, on, last_day or FOREVER
        return
    if recurs.every_months < 1 or last_day is not None:
        raise FeedError(
            f"{name!r} recurs every {recurs.every_months} months and tells the last day "
            f"{last_day}.",
            remedy="Let it recur after a month or more; each time lasts until the next.",
        )
    number = 0
    while (begins := plus_months(anchor, number * recurs.every_months)) <= recurs.until:
        number += 1
        first = max(begins, on)
        last = day_before(plus_months(anchor, number * recurs.every_months))
        yield f"{name} {first}", first, last


def lot_of(
    each: CreditGrant | Commitment,
    meters: Meters,
    order: Sequence[DrawFirst],
    named: tuple[str, date, date],
) -> Iterator[Held]:
    """The lot of a time, and the one for what of it rolls over."""
    name, first, last = named
    scale = scale_of(each.counted_in)
    amount = atoms(each.amount, scale)
    if amount < 0 or last < first:
        raise FeedError(
            f"{name!r} is {each.amount} from {first} to {last}.",
            remedy="Give an amount above 0, and a last day that is not before the first.",
        )
    takes = _takes(each, meters)
    paid = each.paid if isinstance(each, CreditGrant) else price_of(each)
    standing = Standing(
        name=name,
        first=first.toordinal(),
        end=last.toordinal() + 1,
        created=((each.created if isinstance(each, CreditGrant) else None) or first).toordinal(),
        unit_cost=Fraction(paid) * Fraction(1, amount) if amount else Fraction(0),
        priority=each.priority,
        products=len(takes),
    )
    lot = Lot(
        name=name,
        rank=rank(order, standing),
        first=standing.first,
        end=standing.end,
        amount=amount,
        by_amount=each.counted_in is CountedIn.AMOUNT,
        takes=takes,
    )
    yield Held(lot=lot, of=each, origin=name, first=first, last=last)
    rolls = each.rollover
    if rolls is None or last == FOREVER or not paid_ahead(each):
        return
    until = rolls.until or day_before(plus_months(next_day(last), rolls.months))
    again = replace(standing, name=name + ROLLED_OVER, end=until.toordinal() + 1, rolled_over=True)
    lot.keeps = _keeps(rolls, amount, scale, name)
    lot.into = Lot(
        name=again.name,
        rank=rank(order, again),
        first=lot.end,
        end=again.end,
        by_amount=lot.by_amount,
        takes=takes,
    )
    yield Held(lot=lot.into, of=each, origin=name, first=next_day(last), last=until)


def paid_ahead(each: CreditGrant | Commitment) -> bool:
    """Whether use of it costs nothing more."""
    return isinstance(each, CreditGrant) or each.form is CommitmentForm.PREPAID


def _keeps(rolls: Rollover, amount: int, scale: int, name: str) -> Keeps:
    caps = [] if rolls.cap is None else [atoms(rolls.cap, scale)]
    if rolls.cap_percent is not None:
        caps.append(int(Fraction(rolls.cap_percent) * amount * Fraction(1, 100)))
    if not 0 <= rolls.percent <= 100 or rolls.floor < 0 or min(caps, default=0) < 0:  # noqa: PLR2004
        raise FeedError(
            f"Of {name!r} {rolls.percent} percent roll over.",
            remedy="Give a percentage from 0 to 100; floor and cap are not below 0.",
        )
    numerator, denominator = rolls.percent.as_integer_ratio()
    return Keeps(
        cap=min(caps, default=None),
        floor=atoms(rolls.floor, scale),
        numerator=numerator,
        denominator=denominator * 100,
    )


def _takes(each: CreditGrant | Commitment, meters: Meters) -> frozenset[str]:
    """The meters it pays for; none for all."""
    named = set(each.meters)
    for product in each.products:
        named |= {m for (_, name), found in meters.items() if name == product for m in found}
    if each.products and not named:
        raise FeedError(
            f"{each.id!r} is for {', '.join(each.products)}, which no contract of its account "
            "promises.",
            remedy="Name products of obligations, or the meters.",
        )
    return frozenset(named)
