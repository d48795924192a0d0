"""Where credits and commitments stand at a date: what is left, and what it is worth as paid.

What was paid for a lot is shared by its draws in proportion, rounded once of the running total,
half to even: the draws of a lot that is used up add up to its cost basis. What rolls over shares
the cost basis of what it was left of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

from revrec.commitments.burn import Burned, Draw, held_in
from revrec.commitments.lots import Held, paid_ahead, scale_of
from revrec.drawing.lot import Lot
from revrec.model.contract import Contract, CountedIn
from revrec.model.credit import CreditGrant
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, from_minor, round_ratio, to_minor
from revrec.periods import FOREVER

_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStanding:
    """A lot of credits at the end of a day; counts are in its unit, worth is in the currency."""

    account: str
    contract: str
    customer: str
    region: str
    grant: str
    """Name of the lot."""
    origin: str
    """The grant it follows from; another name where it is what rolled over."""
    promotional: bool
    counted_in: CountedIn
    currency: str
    priority: int
    first_day: date
    last_day: date | None
    granted: Decimal
    corrected: Decimal
    drawn: Decimal
    expired: Decimal
    voided: Decimal
    rolled_over: Decimal
    """What of it goes on as another lot."""
    raised: Decimal
    """What a floor added to that."""
    remaining: Decimal
    set_aside: dict[str, Decimal]
    """Contract -> what of the remaining only it may use."""
    cost_basis: Decimal
    """What was paid for all that follows from the grant."""
    worth_drawn: Decimal
    worth_remaining: Decimal
    worth_lapsed: Decimal
    """Paid for what expired or was voided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawStanding:
    """What a lot gave for the use of a contract's meter on a day."""

    account: str
    grant: str
    """Name of the lot; empty for use that belongs to none."""
    day: date
    contract: str
    """Who used it."""
    customer: str
    region: str
    meter: str
    covered: bool
    """Whether the lot gave for it; else it is beyond all lots."""
    quantity: Decimal
    amount: Decimal
    worth: Decimal
    """What was paid for it."""
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStanding:
    """A transfer within a pool, and what the giver had to give on its day."""

    account: str
    transfer: str
    on: date
    giver: str
    taker: str
    asked: Decimal
    given: Decimal


def transfer_standings(burned: Burned, as_of: date) -> Iterator[TransferStanding]:
    """Transfers of an account by a day, in order."""
    for each in burned.account.moved:
        told = each.transfer
        if told.on <= as_of:
            yield TransferStanding(
                account=burned.account.id,
                transfer=told.id,
                on=told.on,
                giver=told.giver,
                taker=told.taker,
                asked=told.amount,
                given=Decimal(each.atoms).scaleb(-scale_of(told.counted_in), _EXACT),
            )


def credit_standings(
    burned: Burned, contracts: Mapping[str, Contract], as_of: date
) -> Iterator[CreditStanding]:
    """Every lot of granted credits of an account, in the order of their first days."""
    held = sorted(held_in(burned), key=lambda each: (each.first, each.lot.name))
    grants = [each for each in held if isinstance(each.of, CreditGrant)]
    bases = _bases(grants, contracts, as_of)
    for each in grants:
        if each.lot.begun and each.lot.first <= as_of.toordinal():
            yield _credit(each, contracts[each.of.contract], bases, burned.account.id, as_of)


def draw_standings(
    burned: Burned, contracts: Mapping[str, Contract], as_of: date
) -> Iterator[DrawStanding]:
    """Every draw of an account in order, with what it is worth as paid."""
    held = {each.lot.name: each for each in held_in(burned)}
    bases = _bases(held.values(), contracts, as_of)
    so_far: dict[str, int] = {}
    for draw in burned.draws:
        contract = contracts[draw.contract]
        worth, currency = 0, contract.currency
        owner = held.get(draw.lot)
        if owner is not None and not draw.exceeds:
            currency = contracts[owner.of.contract].currency
            basis = bases[owner.origin]
            before = so_far.get(owner.origin, 0)
            after = before + counted_of(draw, owner.lot)
            so_far[owner.origin] = after
            worth = basis.worth(after) - basis.worth(before)
        yield DrawStanding(
            account=burned.account.id,
            grant=draw.lot,
            day=draw.day,
            contract=draw.contract,
            customer=contract.customer,
            region=contract.region,
            meter=draw.meter,
            covered=not draw.exceeds,
            quantity=Decimal(draw.quantity).scaleb(-QUANTITY_SCALE, _EXACT),
            amount=Decimal(draw.amount).scaleb(-AMOUNT_SCALE, _EXACT),
            worth=from_minor(worth, currency),
            currency=currency,
        )


def counted_of(draw: Draw, lot: Lot) -> int:
    """The count of a draw in the unit of its lot."""
    return draw.amount if lot.by_amount else draw.quantity


@dataclass(slots=True)
class Basis:
    """What was paid for a lineage: a lot and what rolled over of it."""

    paid: int
    """Minor units."""
    atoms: int = 0
    """All that may be drawn for it."""
    drawn: int = 0
    left: int = 0

    def worth(self, atoms: int) -> int:
        """What was paid for the first atoms of it, in minor units."""
        return round_ratio(self.paid * atoms, self.atoms) if self.atoms else 0


def _bases(
    held: Iterable[Held], contracts: Mapping[str, Contract], as_of: date
) -> dict[str, Basis]:
    found: dict[str, Basis] = {}
    for each in held:
        currency = contracts[each.of.contract].currency
        paid = to_minor(each.price(as_of), currency) if paid_ahead(each.of) else 0
        basis = found.setdefault(each.origin, Basis(paid))
        lot = each.lot
        # What rolled over is of the lot before; only what a floor added is more.
        basis.atoms += lot.adjusted + lot.raised + (0 if each.rolled_over else lot.amount)
        basis.drawn += lot.drawn
        basis.left += lot.balance
    return found


def _credit(
    held: Held, contract: Contract, bases: Mapping[str, Basis], account: str, as_of: date
) -> CreditStanding:
    lot, grant = held.lot, held.of
    currency = contract.currency
    last = held.last_day(as_of)
    basis = bases[held.origin]
    part = _worths(held, basis)

    def counted(atoms: int) -> Decimal:
        return Decimal(atoms).scaleb(-scale_of(grant.counted_in), _EXACT)

    return CreditStanding(
        account=account,
        contract=contract.id,
        customer=contract.customer,
        region=contract.region,
        grant=lot.name,
        origin=held.origin,
        promotional=not basis.paid,
        counted_in=grant.counted_in,
        currency=currency,
        priority=grant.priority,
        first_day=held.first,
        last_day=None if last == FOREVER else last,
        granted=counted(lot.amount),
        corrected=counted(lot.adjusted),
        drawn=counted(lot.drawn),
        expired=counted(0 if held.voided else lot.lapsed),
        voided=counted(lot.lapsed if held.voided else 0),
        rolled_over=counted(lot.carried),
        raised=counted(lot.raised),
        remaining=counted(lot.balance),
        set_aside={name: counted(part) for name, part in sorted(lot.parts.items()) if part},
        cost_basis=from_minor(basis.paid, currency),
        worth_drawn=from_minor(part[0], currency),
        worth_remaining=from_minor(part[1], currency),
        worth_lapsed=from_minor(part[2], currency),
    )


def _worths(held: Held, basis: Basis) -> tuple[int, int, int]:
    """Paid for what was drawn, is left and lapsed: a lot after the lots it is what is left of.

    In the lineage the first lot's draws come first, then those of what rolled over; then what is
    left, then what lapsed.
    """
    lot = held.lot
    before = basis.drawn - lot.drawn if held.rolled_over else 0
    drawn = basis.worth(before + lot.drawn) - basis.worth(before)
    left = basis.worth(basis.drawn + lot.balance) - basis.worth(basis.drawn)
    gone = basis.drawn + basis.left
    lapsed_before = basis.atoms - gone - lot.lapsed if held.rolled_over else 0
    lapsed = basis.worth(gone + lapsed_before + lot.lapsed) - basis.worth(gone + lapsed_before)
    return drawn, left, lapsed
