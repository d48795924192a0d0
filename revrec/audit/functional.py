"""Measures of a scenario in the functional currency, read from what a close would post."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from revrec.audit.measures import Run
from revrec.citations import cites
from revrec.errors import FeedError
from revrec.feeds.scenario import Expectation, Measured
from revrec.ledger.subledger import POSTED, first_period
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.periods import MONTHS, Period, day_before

_DEBITS: dict[Measured, tuple[Account, ...]] = {
    "receivable": (Account.RECEIVABLE,),
    "contract_asset": (Account.CONTRACT_ASSET, Account.NON_CURRENT_CONTRACT_ASSET),
    "unbilled_receivable": (Account.CONTRACT_ASSET, Account.NON_CURRENT_CONTRACT_ASSET),
    "cash_movement": (Account.CASH,),
    "bad_debt": (Account.CREDIT_LOSS,),
    "fx_loss": (Account.EXCHANGE_REALIZED, Account.EXCHANGE_UNREALIZED),
    "contract_cost_asset": (
        Account.CONTRACT_COST_ASSET,
        Account.NON_CURRENT_CONTRACT_COST_ASSET,
    ),
    "amortization_expense": (Account.CONTRACT_COST_AMORTIZATION,),
    "interest_expense": (Account.INTEREST_EXPENSE,),
}
_CREDITS: dict[Measured, tuple[Account, ...]] = {
    "revenue": (Account.REVENUE,),
    "cumulative_revenue": (Account.REVENUE,),
    "contract_liability": (Account.CONTRACT_LIABILITY, Account.NON_CURRENT_CONTRACT_LIABILITY),
    "refund_liability": (Account.REFUND_LIABILITY,),
    "deposit_liability": (Account.DEPOSIT_LIABILITY,),
    "tax_liability": (Account.TAX_PAYABLE,),
    "payable_to_principal": (Account.PAYABLE_TO_PRINCIPAL,),
    "fx_gain": (Account.EXCHANGE_REALIZED, Account.EXCHANGE_UNREALIZED),
    "interest_income": (Account.INTEREST_INCOME,),
}
_OF_OBLIGATIONS = frozenset({"revenue", "cumulative_revenue", "amortization_expense"})


def months_needed(expectation: Expectation) -> list[Period]:
    """The month ends an amount in the functional currency is read at; FeedError for other days."""
    first, last = expectation.days
    days = [last] if first is None else [day_before(first), last]
    months = [MONTHS.of(day) for day in days]
    for day, month in zip(days, months, strict=True):
        if day != month.last:
            raise FeedError(
                f"{expectation.measure} in {expectation.currency} is asked for on {day}.",
                remedy="Ask for months, or as of the last day of one: balances are measured then.",
                field="expected",
            )
    return months


@cites("830-20-35-1", "830-20-35-2", "830-10-45-17")
def functional_amount(run: Run, expectation: Expectation) -> Fraction:
    """What an account moved, or stands at, in minor units of the functional currency."""
    currencies = run.book.currencies
    if currencies is None or currencies.functional_currency != expectation.currency:
        raise FeedError(
            f"{expectation.measure} is asked for in {expectation.currency}.",
            remedy="Ask for it in the `functional_currency` of the scenario.",
            field="expected.currency",
        )
    kept: dict[Measured, tuple[Account, ...]] = {**_DEBITS, **_CREDITS}
    if expectation.measure not in kept:
        raise FeedError(
            f"{expectation.measure} is not kept in the functional currency.",
            remedy=f"Use one of: {', '.join(sorted(kept))}.",
            field="expected.measure",
        )
    months = months_needed(expectation)
    amount = _standing(run, expectation, months[-1])
    if len(months) > 1:
        amount -= _standing(run, expectation, months[0])
    return Fraction(amount)


def _standing(run: Run, expectation: Expectation, month: Period) -> int:
    """Everything posted to the accounts of a measure by the end of the month."""
    accounts = _DEBITS.get(expectation.measure, ()) + _CREDITS.get(expectation.measure, ())
    sign = 1 if expectation.measure in _DEBITS else -1
    narrowed = expectation.measure in _OF_OBLIGATIONS
    total: int = sum(
        row["amount"] if row["functional"] is None else row["functional"]
        for row in _posted(run, month)
        if row["account"] in accounts
        and expectation.contract in (None, row["contract"])
        and (not narrowed or expectation.obligation in (None, row["obligation"]))
        and (not narrowed or expectation.component in (None, row["component"]))
    )
    return sign * total


def _posted(run: Run, month: Period) -> list[dict[str, Any]]:
    if month not in run.posted:
        months = list(first_period(run.book, month).through(month))
        table = run.subledger.postings(month, months, POSTED.empty_table())
        run.posted[month] = table.to_pylist()
    return run.posted[month]


def days_needed(book: Book, expectation: Expectation) -> list[date]:
    """Every month end from the day before the first fact to the last that is read."""
    last = months_needed(expectation)[-1]
    return [month.last for month in first_period(book, last).previous.through(last)]


def is_functional(book: Book, expectation: Expectation) -> bool:
    """Whether the amount is in another currency than that of the contracts it covers."""
    return bool(expectation.currency) and any(
        history.contract.currency != expectation.currency
        for name, history in book.histories.items()
        if expectation.contract in (None, name)
    )
