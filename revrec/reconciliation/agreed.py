"""Payments agreed on days of their own, as where one party finances the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from revrec.model.financing import ExpectedPayment
from revrec.money import to_minor
from revrec.reconciliation import limits
from revrec.reconciliation.fee_case import FeeCase, FeeDifference
from revrec.reconciliation.reasons import Reason


def agreed_payments(case: FeeCase) -> tuple[ExpectedPayment, ...]:
    """When the whole price is paid, in order of days; nothing where that is left open."""
    financing, currency = case.terms.contract.financing, case.terms.contract.currency
    if financing is None:
        return ()
    payments = financing.payments
    for each in case.history.reschedules:
        if each.on <= case.as_of:
            payments = each.payments
    agreed = sum(to_minor(each.amount, currency) for each in payments)
    if agreed < case.terms.price:
        return ()
    return tuple(sorted(payments, key=lambda each: each.on))


def payment_not_billed(case: FeeCase) -> Iterator[FeeDifference]:
    """Payments agreed on a day that has passed by ``FEE_DAYS``, and all bills come to less.

    One difference for all of them, in the month of the first that the bills do not cover.
    """
    currency = case.terms.contract.currency
    billed = case.excess() + case.promised()
    due, first_missing = 0, None
    for each in agreed_payments(case):
        in_range = case.first <= case.first.calendar.of(each.on) <= case.through
        if each.on + timedelta(days=limits.FEE_DAYS) < case.as_of and in_range:
            due += to_minor(each.amount, currency)
            if first_missing is None and due > billed + limits.ROUNDING_MINOR_PER_LINE:
                first_missing = each.on
    if first_missing is None:
        return
    fixed = list(case.terms.fixed.values())
    only = fixed[0] if len(fixed) == 1 else None
    yield FeeDifference(
        reason=Reason.NOT_BILLED,
        consideration="" if only is None else only.id,
        obligation="" if only is None else only.obligation or "",
        month=case.first.calendar.of(first_missing),
        amount=billed - due,
        should=due - billed,
        documents=(),
        on=first_missing,
        note=f"payments were agreed from {first_missing} on that no invoice covers",
    )
