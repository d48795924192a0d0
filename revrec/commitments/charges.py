"""What should be billed for credits and commitments, from all facts known now.

Credits and prepaid commitments cost what was agreed, on the days agreed; use they cover costs
nothing more. Other use costs its rated amount, beyond a commitment times its factor. What is
missing to a commitment is charged at its true-up. Amounts are exact; they are rounded once, in
the sum of what is billed together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.commitments.billing import Considerations, considerations_of
from revrec.commitments.burn import Burned, held_in
from revrec.commitments.consumption import commitments_in, missing_of, true_up_of, true_up_on
from revrec.commitments.lots import Held, paid_ahead, price_of
from revrec.errors import FeedError
from revrec.model.commitment import Commitment, CommitmentForm
from revrec.model.credit import CreditGrant
from revrec.model.history import ContractHistory
from revrec.money import AMOUNT_SCALE, from_minor
from revrec.periods import Month

_Use = tuple[str, str | None, str, str]
"""Contract, consideration, month, and what kind of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An amount owed since a day, and what for."""

    contract: str
    consideration: str | None
    on: date
    amount: Fraction
    reason: str
    earned_on: date | None = None
    """The day on which it is earned at once, where there is one: the end of a window."""


def charges_of(
    burned: Burned, histories: Mapping[str, ContractHistory], as_of: date
) -> Iterator[Charge]:
    """Charges of an account: agreed prices whenever due, use by month and true-ups up to a day."""
    terms = {name: considerations_of(histories[name]) for name in burned.account.contracts}
    for held in held_in(burned):
        if not held.rolled_over:
            yield from _agreed(held, terms[held.of.contract])
    yield from _use(burned, terms, as_of)
    begun = commitments_in(burned, as_of)
    missing = missing_of(begun, histories, as_of)
    for held in begun:
        currency = histories[held.of.contract].contract.currency
        owed = true_up_of(held, missing[held.origin], currency, as_of)
        if owed:
            yield Charge(
                contract=held.of.contract,
                consideration=_fixed(held, terms[held.of.contract]),
                on=true_up_on(held, as_of) or as_of,
                amount=Fraction(from_minor(owed, currency)),
                reason=f"missing to {held.origin}",
                earned_on=held.last_day(as_of),
            )


def _agreed(held: Held, terms: Considerations) -> Iterator[Charge]:
    """What credits and prepaid commitments cost, as billed and as amended."""
    told = held.of
    parts: list[tuple[date, Decimal, str]] = []
    if isinstance(told, CreditGrant):
        parts.append((held.first, told.paid, f"credits {held.origin}"))
    elif told.form is CommitmentForm.PREPAID:
        price = price_of(told)
        billed = [(each.on, each.amount) for each in told.installments] or [(held.first, price)]
        if sum(amount for _, amount in billed) != price or (told.installments and told.recurs):
            raise FeedError(
                f"The installments of {held.origin!r} come to "
                f"{sum(amount for _, amount in billed)}, its price is {price}.",
                remedy="Let them add up to the price; a commitment that recurs has none.",
            )
        parts += [(on, amount, f"commitment {held.origin}") for on, amount in billed]
        for amendment, amended in held.prices():
            parts.append((amendment.on, amended - price, amendment.id))
            price = amended
    for on, amount, reason in parts:
        yield Charge(
            contract=told.contract,
            consideration=_fixed(held, terms),
            on=on,
            amount=Fraction(amount),
            reason=reason,
        )


def _fixed(held: Held, terms: Considerations) -> str | None:
    """What the price of credits or a commitment is billed under: as told, else by obligation."""
    return held.of.consideration or terms.fixed.get(held.of.obligation or "")


def _use(burned: Burned, terms: Mapping[str, Considerations], as_of: date) -> Iterator[Charge]:
    """Use that nothing paid in advance covers, by contract, month and kind."""
    held = {each.lot.name: each for each in held_in(burned)}
    sums: dict[_Use, Fraction] = defaultdict(Fraction)
    unit = Fraction(1, 10**AMOUNT_SCALE)
    for draw in burned.draws:
        owner = held.get(draw.lot)
        commitment = owner.of if owner and isinstance(owner.of, Commitment) else None
        covered = not draw.exceeds and owner is not None and paid_ahead(owner.of)
        consideration = terms[draw.contract].of_meter.get(draw.meter)
        if owner is not None and owner.of.contract == draw.contract:
            told = commitment.usage_consideration if commitment else None
            performed = terms[draw.contract].of_use.get(owner.of.obligation or "")
            consideration = told or consideration or performed
        factor, kind = Fraction(1), "use"
        if commitment is not None and draw.exceeds:
            factor, kind = Fraction(commitment.overage_factor), f"use beyond {draw.lot}"
        month = str(Month.of(draw.day))
        # What is paid for already is owed nothing, which a bill for it has to be held against.
        owed = Fraction(0) if covered else draw.amount * unit * factor
        sums[draw.contract, consideration, month, kind] += owed
    for (contract, consideration, month, kind), amount in sums.items():
        yield Charge(
            contract=contract,
            consideration=consideration,
            on=min(Month.parse(month).last, as_of),
            amount=amount,
            reason=f"{kind} in {month}",
        )
