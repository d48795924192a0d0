"""Step 3: consideration that is not cash, and what is payable to the customer (32-21 to 32-27)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.asc606.estimates import of_outcomes
from revrec.asc606.performance_obligations import COMPLETE
from revrec.asc606.returns import with_returns
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.decision import Decision, Segment, Stream, Told
from revrec.model.events import Estimate
from revrec.model.history import ContractHistory
from revrec.model.payable import CustomerPromise, Payable
from revrec.money import Money, from_minor, round_ratio, to_minor
from revrec.periods import FOREVER, day_before


@dataclass(frozen=True, slots=True)
class Promised:
    """An amount promised to the customer after inception, and what it takes off the price."""

    on: date
    id: str
    amount: int
    """Minor units, negative."""
    obligation: str | None
    decision: Decision

    @property
    def consideration(self) -> Consideration:
        """The promise as a part of the price."""
        return Consideration(
            id=self.id, kind=ConsiderationKind.VARIABLE, obligation=self.obligation
        )


@cites("606-10-32-21", "606-10-32-23", "606-10-32-25")
def check_other_forms(contract: Contract, consideration: Iterable[Consideration]) -> None:
    """Non-cash consideration is measured at inception; what is payable is an amount promised.

    Raises UnsupportedTerm where the terms say otherwise.
    """
    for each in consideration:
        noncash, payable = each.noncash, each.payable
        if noncash is None and payable is None:
            continue
        for wrong, what, field, paragraph, remedy in (
            (
                noncash is not None and noncash.measured_on != contract.inception,
                f"measured on {noncash.measured_on if noncash else ''}, not at inception",
                "noncash.measured_on",
                "606-10-32-21",
                f"Give its fair value on {contract.inception}; later changes are no revenue.",
            ),
            (
                noncash is not None and noncash.quantity <= 0,
                "of no quantity",
                "noncash.quantity",
                "606-10-32-21",
                "Give how much the fair value is for.",
            ),
            (
                payable is not None
                and (each.kind is not ConsiderationKind.VARIABLE or each.amount < 0),
                "payable to the customer but not a variable amount above zero",
                "payable",
                "606-10-32-25",
                "Give `kind: variable` and the amount promised, as a positive number.",
            ),
        ):
            if wrong:
                raise UnsupportedTerm(
                    f"Consideration {each.id} of contract {contract.id} is {what}.",
                    citation=paragraph,
                    remedy=remedy,
                    contract=contract.id,
                    field=f"consideration.{each.id}.{field}",
                )


@cites("606-10-32-25", "606-10-32-26")
def off_the_price(payable: Payable, amount: int, currency: str) -> int:
    """Minor units, negative, that a promise takes off the price.

    All of it, unless something distinct is bought with it: then what exceeds its fair value.
    """
    if not payable.distinct or payable.fair_value is None:
        return -amount
    return -max(amount - to_minor(payable.fair_value, currency), 0)


@cites("606-10-32-14", "606-10-32-23", "606-10-32-26")
def with_amounts(history: ContractHistory) -> list[Estimate]:
    """The contract's estimates with what each does to the price, whatever it is an estimate of.

    Of non-cash consideration only the quantity is estimated: each unit stays at its fair value of
    inception. What is payable to the customer comes off the price.
    """
    told = with_returns(history)
    if not told:
        return told
    terms = {each.id: each for each in history.consideration}
    return [_in_amount(history.contract, each, terms) for each in told]


def _in_amount(contract: Contract, estimate: Estimate, terms: dict[str, Consideration]) -> Estimate:
    of = terms.get(estimate.consideration or "")
    if of is not None and estimate.outcomes:
        made = of_outcomes(of, estimate.outcomes, contract.currency)
        return replace(estimate, amount=from_minor(made, contract.currency), outcomes=())
    if of is None or (of.noncash is None and of.payable is None):
        return estimate
    wanted = estimate.expected if of.noncash is not None else estimate.amount
    other = estimate.amount if of.noncash is not None else estimate.expected
    if wanted is None or wanted < 0 or other is not None:
        told = (
            "`expected`, the quantity" if of.noncash is not None else "`amount`, what is promised"
        )
        raise UnsupportedTerm(
            f"Estimate {estimate.id} of contract {contract.id} is not of what {of.id} varies by.",
            citation="606-10-32-23" if of.noncash is not None else "606-10-32-25",
            remedy=f"Give {told}, alone, not below zero.",
            contract=contract.id,
            field=f"estimate {estimate.id}",
        )
    if of.noncash is not None:
        units = Fraction(Fraction(wanted), Fraction(of.noncash.quantity))
        exact = units * to_minor(of.amount, contract.currency)
        minor = round_ratio(exact.numerator, exact.denominator)
    else:
        minor = off_the_price(
            of.payable or Payable(), to_minor(wanted, contract.currency), contract.currency
        )
    return replace(estimate, amount=from_minor(minor, contract.currency), expected=None)


@cites("606-10-32-25", "606-10-32-27")
def promised_later(history: ContractHistory) -> list[Promised]:
    """What was promised after inception, on the later of promise and sale.

    The day of the promise is when it takes effect: what was transferred before bears its part at
    once, the rest as it is transferred. Cash paid settles a promise and changes no price itself.
    """
    contract = history.contract
    known: set[str] = set()
    if history.customer_payments:
        known = {each.id for each in history.consideration}
        known |= {each.id for each in history.customer_promises}
    for paid in history.customer_payments:
        if paid.amount <= 0 or (paid.consideration is not None and paid.consideration not in known):
            raise _contradicted(
                contract, f"customer payment {paid.id}", "settles nothing that was promised"
            )
    return [_take(contract, each) for each in history.customer_promises]


def _take(contract: Contract, promise: CustomerPromise) -> Promised:
    if promise.amount <= 0 or promise.on < contract.inception:
        raise _contradicted(
            contract, f"customer promise {promise.id}", "is of nothing, or before inception"
        )
    given = Money(to_minor(promise.amount, contract.currency), contract.currency)
    off = off_the_price(promise.payable, given.minor, contract.currency)
    reason = f" ({promise.reason})" if promise.reason else ""
    decision = Decision(
        contract=contract.id,
        on=promise.on,
        step=3,
        rule="off_the_price",
        paragraphs=("606-10-32-25", "606-10-32-26", "606-10-32-27"),
        told=Told(
            inputs={"promise": promise.id, "distinct": str(promise.payable.distinct)},
            outcome=str(Money(off, contract.currency)),
            sentence=(
                f"On {promise.on} {given} was promised to the customer{reason}; "
                f"{Money(-off, contract.currency)} comes off the price, at once for what was "
                "transferred before."
            ),
        ),
    )
    return Promised(promise.on, promise.id, off, promise.obligation, decision)


@cites("606-10-32-21", "606-10-32-23", "606-10-32-26")
def other_than_cash(history: ContractHistory) -> tuple[Segment, ...]:
    """Non-cash consideration as it comes in, and what is bought from the customer as it is paid.

    What came in is kept at its fair value of inception; what it is worth since is another topic.
    """
    if not history.noncash_receipts and not history.customer_payments:
        return ()
    contract = history.contract
    terms = {each.id: each for each in contract.consideration}
    received: dict[str, list[tuple[date, Fraction]]] = {}
    for receipt in history.noncash_receipts:
        of = terms.get(receipt.consideration)
        if of is None or of.noncash is None or receipt.quantity <= 0:
            raise _contradicted(
                contract, f"receipt {receipt.id}", "is of no non-cash consideration"
            )
        worth = to_minor(of.amount, contract.currency) * Fraction(
            Fraction(receipt.quantity), Fraction(of.noncash.quantity)
        )
        received.setdefault(of.id, []).append((receipt.on, worth))
    bought: dict[str, list[tuple[date, Fraction]]] = {}
    payables = {
        each.id: (each.payable, each.amount)
        for each in contract.consideration
        if each.payable is not None
    } | {each.id: (each.payable, each.amount) for each in history.customer_promises}
    for paid in history.customer_payments:
        payable, amount = payables.get(paid.consideration or "", (None, Decimal(0)))
        if payable is not None and amount:
            given = to_minor(amount, contract.currency)
            kept = given + off_the_price(payable, given, contract.currency)
            part = Fraction(kept, given) * to_minor(paid.amount, contract.currency)
            bought.setdefault(paid.consideration or "", []).append((paid.on, part))
    return (
        *_to_date(contract, received, Stream.NONCASH_RECEIVED),
        *_to_date(contract, bought, Stream.PURCHASE),
    )


def _to_date(
    contract: Contract, told: dict[str, list[tuple[date, Fraction]]], stream: Stream
) -> Iterator[Segment]:
    """Amounts by consideration and day, rounded once cumulatively."""
    for name, amounts in sorted(told.items()):
        ordered = sorted(amounts)
        days = sorted({on for on, _ in ordered})
        for day, following in zip(days, [*days[1:], None], strict=True):
            total = sum((amount for on, amount in ordered if on <= day), Fraction(0))
            if minor := round_ratio(total.numerator, total.denominator):
                yield Segment(
                    contract=contract.id,
                    obligation="",
                    component=name,
                    product="",
                    currency=contract.currency,
                    valid_from=day,
                    valid_to=FOREVER if following is None else day_before(following),
                    price=minor,
                    shape=COMPLETE,
                    stream=stream,
                )


def _contradicted(contract: Contract, fact: str, what: str) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"{fact[0].upper()}{fact[1:]} of contract {contract.id} {what}.",
        citation="606-10-32-25" if "customer" in fact else "606-10-32-21",
        remedy="Tell first what was promised, or correct the fact.",
        contract=contract.id,
        field=fact,
    )
