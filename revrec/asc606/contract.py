"""Step 1: identifying the contract (606-10-25-1 to 25-9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from revrec.citations import cites
from revrec.errors import ContractError, FeedError
from revrec.model.contract import Consideration, Contract
from revrec.model.decision import Decision, Told
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Invoice,
    Payment,
    Refund,
    WriteOff,
)
from revrec.model.history import ContractHistory
from revrec.model.payable import CustomerPromise
from revrec.money import to_minor

AMOUNT_MAX = 10**13
"""Largest single amount, in major units: sums of many stay within 64 bits of minor units."""
_DIGITS_MAX = 13
"""Amounts with fewer digits before the point than this are below it."""


@cites("606-10-25-1", "606-10-25-3")
def identify_contract(contract: Contract) -> Decision:
    """A contract exists from its approval, for its enforceable term.

    Raises ContractError when the dates contradict each other or an id is used twice.
    """
    first_day = contract.first_day
    if contract.end is not None and contract.end < first_day:
        raise ContractError(
            f"Contract {contract.id} ends {contract.end}, before it starts {first_day}.",
            citation="606-10-25-3",
            remedy="Correct `end` or `start`.",
            contract=contract.id,
            field="end",
        )
    promised = [each.id for each in contract.obligations]
    _refuse_repeated(contract, "obligations", promised, "606-10-25-14")
    priced = [each.id for each in contract.consideration]
    _refuse_repeated(contract, "consideration", priced, "606-10-32-2")
    _refuse_unknown_obligations(contract, promised)
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=1,
        rule="identify_contract",
        paragraphs=("606-10-25-1", "606-10-25-3"),
        told=partial(_identified, contract),
    )


def _identified(contract: Contract) -> Told:
    inception = str(contract.inception)
    term = f"{contract.first_day} to {contract.end or 'open end'}"
    how_long = "as written for" if contract.termination else "for its enforceable term,"
    return Told(
        inputs={"inception": inception, "term": term},
        outcome="contract exists",
        sentence=(
            f"The agreement with {contract.customer_name or contract.customer} was approved on "
            f"{inception} and is a contract {how_long} {term}."
        ),
    )


@cites("606-10-32-2")
def check_amounts(history: ContractHistory) -> None:
    """Every amount told of the contract is one of its currency (ContractError names the fact)."""
    contract = history.contract
    currency = contract.currency
    for kind, told_by, amount in _amounts(history):
        try:
            if amount.adjusted() >= _DIGITS_MAX:
                _check_size(amount)
            to_minor(amount, currency)
        except FeedError as error:
            name = f"{kind} {told_by}"
            raise ContractError(
                f"{kind.capitalize()} {told_by} of contract {contract.id}: {error.message}",
                citation="606-10-32-2",
                remedy=error.remedy,
                contract=contract.id,
                field=name,
            ) from error


def _amounts(history: ContractHistory) -> Iterator[tuple[str, str, Decimal]]:
    """Amounts in the currency told of a contract, with kind and id of the fact that tells each.

    Prices per unit may be finer than the currency.
    """
    for consideration in history.contract.consideration:
        for amount in _stated(consideration):
            yield "consideration", consideration.id, amount
    yield from _billed([*history.invoices, *history.credit_memos])
    cash_events: list[Payment | Refund | CustomerPayment | CustomerPromise | WriteOff] = [
        *history.payments,
        *history.refunds,
        *history.customer_payments,
        *history.customer_promises,
        *history.write_offs,
    ]
    for cash in cash_events:
        yield cash.kind.replace("_", " "), cash.id, cash.amount
    for opening in history.openings:
        for amount in opening.amounts:
            yield "opening balance", opening.id, amount
    for modification in history.modifications:
        yield "modification", modification.id, modification.price_change
    if history.estimates:
        yield from _estimated(history)


def _billed(documents: Iterable[Invoice | CreditMemo]) -> Iterator[tuple[str, str, Decimal]]:
    for document in documents:
        for line in document.lines:
            yield document.kind, document.id, line.amount
            if line.tax:
                yield document.kind, document.id, line.tax
            if line.for_principal:
                yield document.kind, document.id, line.for_principal


def _estimated(history: ContractHistory) -> Iterator[tuple[str, str, Decimal]]:
    by_unit = {each.id for each in history.consideration if each.per_unit}
    for estimate in history.estimates:
        if estimate.amount is not None and estimate.consideration not in by_unit:
            yield "estimate", estimate.id, estimate.amount


def _stated(consideration: Consideration) -> Sequence[Decimal]:
    if consideration.per_unit:
        return ()
    if not consideration.steps:
        return (consideration.amount,)
    return [consideration.amount, *[step.amount for step in consideration.steps]]


@cites("606-10-25-23")
def check_transfers(history: ContractHistory) -> None:
    """Every delivery is of something promised, then or later (ContractError names the fact)."""
    if not history.deliveries:
        return
    contract = history.contract
    promised = {each.id for each in history.promised}
    promised |= {bought.id for exercise in history.exercises for bought in exercise.buys}
    for each in history.deliveries:
        if each.obligation not in promised:
            raise ContractError(
                f"Delivery {each.id} of contract {contract.id} is of {each.obligation!r}, which "
                "was never promised.",
                citation="606-10-25-23",
                remedy=f"Name one of: {', '.join(sorted(promised))}.",
                contract=contract.id,
                field="delivery.obligation",
            )


def _check_size(amount: Decimal) -> None:
    if abs(amount) > AMOUNT_MAX:
        raise FeedError(
            f"{amount} is beyond the largest amount kept, {AMOUNT_MAX:,}.",
            remedy="Check the unit: amounts are not in minor units.",
        )


def _refuse_repeated(contract: Contract, name: str, ids: list[str], paragraph: str) -> None:
    if len(ids) > 1 and len(set(ids)) < len(ids):
        repeated = sorted({each for each in ids if ids.count(each) > 1})
        raise ContractError(
            f"Contract {contract.id} names {name} {', '.join(repeated)} more than once.",
            citation=paragraph,
            remedy="Give each its own id.",
            contract=contract.id,
            field=name,
        )


def _refuse_unknown_obligations(contract: Contract, known: Collection[str]) -> None:
    for consideration in contract.consideration:
        if consideration.obligation is not None and consideration.obligation not in known:
            raise ContractError(
                f"Consideration {consideration.id} of contract {contract.id} is for obligation "
                f"{consideration.obligation}, which the contract does not have.",
                citation="606-10-32-28",
                remedy=f"Name one of: {', '.join(sorted(known))}.",
                contract=contract.id,
                field=f"consideration.{consideration.id}.obligation",
            )
