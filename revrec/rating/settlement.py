"""From rated lines to what is owed: credits over lines, minimums within minimums, invoices.

Every step is exact; the places where money is rounded are the caller's lines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from revrec.errors import FeedError
from revrec.model.contract import _STRICT
from revrec.model.rating import Rounding
from revrec.money import AMOUNT_SCALE, apportion, atoms
from revrec.rating.proration import rounded

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A line with what credits paid of it."""

    line: str
    credits: Mapping[str, Decimal]
    """Credit -> what it paid."""
    due: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingCommitment:
    """Spending promised for a window; one inside another counts towards it."""

    __pydantic_config__ = _STRICT

    id: str
    amount: Decimal
    within: str | None = None
    """The commitment this one is part of."""


class InvoiceStep(StrEnum):
    """Steps from the lines of an invoice to what is due, in the order they are listed."""

    COUPON = "coupon"
    """Lowers the price."""
    TAX = "tax"
    """On what is left then."""
    CREDIT = "credit"
    """Pays what is left then, tax included if tax came before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """Something off the price: an amount, a percentage, or both."""

    __pydantic_config__ = _STRICT

    amount: Decimal = _NOTHING
    percent: Decimal = _NOTHING
    lines: tuple[str, ...] = ()
    """Lines it is of; all if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What an invoice comes to."""

    net: Decimal
    """After coupons, before tax and credits."""
    tax: Decimal
    due: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdInvoice:
    """An invoice sent because usage passed a threshold."""

    on: date
    amount: Decimal


def laid_over(
    lines: Sequence[tuple[str, Decimal]],
    credits_given: Sequence[tuple[str, Decimal]],
    *,
    pays: Mapping[str, Collection[str]] | None = None,
    in_proportion: bool = False,
) -> list[Covered]:
    """Credits over lines: lines in order, credits in order, each until it is used up.

    ``pays`` tells the lines a credit may pay, where it may not pay all. In proportion, a credit
    is shared by its lines by what is due of them, whole atoms by the largest remainder.
    """
    due = {line: atoms(amount, AMOUNT_SCALE) for line, amount in lines}
    paid: dict[str, dict[str, Decimal]] = {line: {} for line in due}
    for name, given in credits_given:
        left = atoms(given, AMOUNT_SCALE)
        own = {
            line: owed
            for line, owed in due.items()
            if owed > 0 and (pays is None or name not in pays or line in pays[name])
        }
        shares = apportion(min(left, sum(own.values())), own) if in_proportion and own else own
        for line, share in shares.items():
            used = min(share, left)
            if used > 0:
                paid[line][name] = _money(used)
                due[line] -= used
                left -= used
    return [Covered(line=line, credits=paid[line], due=_money(owed)) for line, owed in due.items()]


def capped(
    lines: Sequence[tuple[str, Decimal]], maximum: Decimal, before: Decimal = _NOTHING
) -> dict[str, Decimal]:
    """What stays of lines in order until a maximum is reached, ``before`` being charged already.

    >>> capped([("tier 3", Decimal(15)), ("tier 4", Decimal(7))], Decimal(170), Decimal(160))
    {'tier 3': Decimal('10'), 'tier 4': Decimal('0')}
    """
    left = max(maximum - before, _NOTHING)
    kept: dict[str, Decimal] = {}
    for line, amount in lines:
        kept[line] = min(amount, left)
        left -= kept[line]
    return kept


def shortfalls(
    commitments: Sequence[SpendingCommitment], spent: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """What is missing to each commitment, inner ones first.

    ``spent`` tells spending by the innermost commitment it counts towards. What is charged for an
    inner shortfall counts as spending towards the outer one.

    Raises FeedError if a commitment lies within one that is not told, or within itself.
    """
    known = {each.id: each for each in commitments}
    inner: dict[str | None, list[str]] = {}
    for each in commitments:
        if each.within is not None and each.within not in known:
            raise FeedError(
                f"The commitment {each.id!r} is within {each.within!r}, which is not told.",
                remedy="Tell it, or leave `within` out.",
            )
        inner.setdefault(each.within, []).append(each.id)
    missing: dict[str, Decimal] = {}

    def reached(name: str) -> Decimal:
        total = spent.get(name, _NOTHING)
        for part in inner.get(name, ()):
            total += reached(part)
        missing[name] = max(known[name].amount - total, _NOTHING)
        return total + missing[name]

    for outermost in inner.get(None, ()):
        reached(outermost)
    if missing.keys() != known.keys():
        raise FeedError(
            "Commitments lie within each other in a ring.", remedy="Let one be the outermost."
        )
    return {each.id: missing[each.id] for each in commitments}


def invoiced(
    lines: Decimal,
    *,
    coupon: Decimal = _NOTHING,
    tax_percents: Sequence[Decimal] = (),
    compounding: bool = False,
    credits_applied: Decimal = _NOTHING,
    order: Sequence[InvoiceStep] = (InvoiceStep.COUPON, InvoiceStep.TAX, InvoiceStep.CREDIT),
    taxed_before_credits: bool = True,
    rounding: Rounding,
    currency: str,
) -> Due:
    """What is due of an invoice; coupons and credits reach 0 and no further.

    Credits that come before tax lower the amount due but not what is taxed, unless
    ``taxed_before_credits`` is false. Taxes are each on the same amount and a line of their own,
    rounded; compounding, each is on what the ones before it made of it.
    """
    net = owed = taxable = lines
    tax = _NOTHING
    for step in order:
        if step is InvoiceStep.COUPON:
            net = owed = taxable = max(owed - coupon, _NOTHING)
        elif step is InvoiceStep.TAX:
            for percent in tax_percents:
                base = Fraction(taxable) + (Fraction(tax) if compounding else 0)
                share = base * Fraction(percent) * Fraction(1, 100)
                tax += rounded(share, rounding, currency)
            owed += tax
        else:
            owed = max(owed - credits_applied, _NOTHING)
            taxable = taxable if taxed_before_credits else owed
    return Due(net=net, tax=tax, due=owed)


def discounted(
    lines: Sequence[tuple[str, Decimal]],
    coupons: Sequence[Coupon],
    *,
    chained: bool = True,
    rounding: Rounding,
    currency: str,
) -> Decimal:
    """What coupons take off, at most all there is of their lines; each rounded.

    Chained, a percentage is of what the coupons before it left, else of the lines. What a coupon
    takes off, its lines share in proportion.
    """
    told = {name: Fraction(amount) for name, amount in lines}
    left = dict(told)
    off = _NOTHING
    for coupon in coupons:
        own = [name for name in told if not coupon.lines or name in coupon.lines]
        base = sum((left[name] for name in own), Fraction(0))
        of = base if chained else sum((told[name] for name in own), Fraction(0))
        exact = Fraction(coupon.amount) + of * Fraction(coupon.percent) * Fraction(1, 100)
        taken = min(Fraction(rounded(exact, rounding, currency)), base)
        for name in own if base else ():
            left[name] -= left[name] * taken * Fraction(base.denominator, base.numerator)
        off += rounded(taken, Rounding(decimals=AMOUNT_SCALE), currency)
    return off


def waterfall(
    names: Sequence[str],
    amount: Decimal,
    spent: Mapping[str, Decimal],
    known: Mapping[str, Decimal],
) -> dict[str, Decimal]:
    """Spending over commitments in turn: each until it is met, the last has the rest.

    >>> met = waterfall(["first", "later"], Decimal(1100), {}, {"first": Decimal(1000)})
    >>> {name: str(amount) for name, amount in met.items()}
    {'first': '1000', 'later': '100'}
    """
    found: dict[str, Decimal] = {}
    for name in names[:-1]:
        room = max(known[name] - spent.get(name, _NOTHING), _NOTHING)
        found[name] = min(amount, room)
        amount -= found[name]
    found[names[-1]] = amount
    return found


def past_fresh_threshold(
    usage: Sequence[tuple[date, Decimal]], threshold: Decimal
) -> list[ThresholdInvoice]:
    """Invoices on each day on which use since the last invoice reaches the threshold."""
    found: list[ThresholdInvoice] = []
    unbilled = _NOTHING
    for on, amount in usage:
        unbilled += amount
        if unbilled >= threshold:
            found.append(ThresholdInvoice(on=on, amount=unbilled))
            unbilled = _NOTHING
    return found


def past_thresholds(
    usage: Sequence[tuple[date, Decimal]],
    thresholds: Sequence[Decimal],
    recurring: Decimal | None = None,
) -> list[ThresholdInvoice]:
    """Invoices of all usage not yet billed, on each day the lifetime amount passes a threshold.

    ``usage`` are rated amounts in order of day. A threshold fires once; beyond the last one, each
    further ``recurring`` amount fires again, counted from that last one.
    """
    found: list[ThresholdInvoice] = []
    total = billed = _NOTHING
    for on, amount in usage:
        before, total = total, total + amount
        if _passed(total, thresholds, recurring) > _passed(before, thresholds, recurring):
            found.append(ThresholdInvoice(on=on, amount=total - billed))
            billed = total
    return found


def _passed(total: Decimal, thresholds: Sequence[Decimal], recurring: Decimal | None) -> int:
    """How many thresholds an amount has reached."""
    count = sum(total >= each for each in thresholds)
    last = max(thresholds, default=_NOTHING)
    if recurring is not None and total > last:
        count += int((total - last) // recurring)
    return count


def _money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-AMOUNT_SCALE)
