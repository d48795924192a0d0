"""How a contract is accounted for, followed from its facts to every cent, in words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from revrec.engine import Accounting
from revrec.errors import NotFound
from revrec.ledger.subledger import Subledger
from revrec.model.contract import CountedIn
from revrec.model.decision import Decision, Segment, Stream
from revrec.model.history import Book, ContractHistory
from revrec.money import QUANTITY_SCALE, Money
from revrec.recognition.arithmetic import Recognised

_ALWAYS_SHOWN = ("billed", "recognised", "contract_liability", "contract_asset", "receivable")
_SHOWN_IF_ANY = (
    "paid_to_customer",
    "accrued",
    "cash_in_advance",
    "conditional_bill",
    "refund_liability",
    "deposit_liability",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """A segment with what it has earned, or accrued to date."""

    segment: Segment
    to_date: Money

    def __str__(self) -> str:
        segment, shape = self.segment, self.segment.shape
        price = _as_used(segment) or str(Money(segment.price, segment.currency))
        revenue = segment.stream is Stream.REVENUE
        became = "earned" if revenue else segment.stream.value.replace("_", " ")
        span = f", {shape.starts} to {shape.ends}" if shape.starts and shape.ends else ""
        return (
            f"{segment.obligation} / {segment.component}: {self.to_date} {became} of {price}, by "
            f"{shape.progress.value.replace('_', ' ')}{span}; rests on decisions "
            f"{', '.join(str(each) for each in segment.decisions)}"
        )


def _as_used(segment: Segment) -> str:
    """What is priced as it is used: by its rated amount, or at a price per unit."""
    if not segment.as_used:
        return ""
    if segment.shape.counted_in != CountedIn.QUANTITY:
        return "the rated amount"
    units = Fraction(segment.shape.whole, 10**QUANTITY_SCALE)
    return f"{Money(segment.price, segment.currency)} for each {units} units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A contract on a day: facts, decisions, what each segment earned, balances."""

    contract: str
    day: date
    facts: Sequence[str]
    decisions: Sequence[Decision]
    earned: Sequence[Earned]
    balances: dict[str, Money]


def explain(book: Book, accounting: Accounting, contract: str, day: date) -> Explanation:
    """Explain a contract as of a day that was recognised.

    Raises NotFound for an unknown contract, ContractError for one that was refused.
    """
    if contract in accounting.refused:
        raise accounting.refused[contract]
    history = accounted_for(book, contract)
    currency = history.contract.currency
    with Subledger(book, accounting) as subledger:
        position = next(
            row for row in subledger.positions([day]).to_pylist() if row["contract"] == contract
        )
    shown = [*_ALWAYS_SHOWN, *(name for name in _SHOWN_IF_ANY if position[name])]
    told = [f"{each.on} {each.kind} {each.id}" for each in history.events()]
    return Explanation(
        contract=contract,
        day=day,
        facts=[f"{history.contract.inception} contract {contract}", *sorted(told)],
        decisions=accounting.contracts[contract].decisions,
        earned=[
            *_to_date(accounting.recognised, contract, day),
            *_to_date(accounting.accrued, contract, day),
        ],
        balances={name: Money(position[name], currency) for name in shown},
    )


def accounted_for(book: Book, contract: str) -> ContractHistory:
    """What is accounted for under a contract's name; NotFound if nothing is."""
    history = book.histories.get(contract)
    if history is not None:
        return history
    for each in book.combinations:
        if contract in book.apart and contract in each.contracts:
            raise NotFound(
                f"Contract {contract} is accounted for as part of {each.id}.",
                citation="606-10-25-9",
                remedy=f"Ask for {each.id}.",
            )
    raise NotFound(f"There is no contract {contract}.", remedy="Check the id.")


def _to_date(recognised: Recognised, contract: str, day: date) -> list[Earned]:
    amounts = {
        row["segment"]: row["revenue"] for row in recognised.table.to_pylist() if row["day"] == day
    }
    return [
        Earned(segment=segment, to_date=Money(amounts[number], segment.currency))
        for number, segment in enumerate(recognised.segments)
        if segment.contract == contract and number in amounts
    ]
