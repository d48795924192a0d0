"""What is told of contracts taken over in flight: that it fits them, and what it counts for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import chain

from revrec.asc606.allocation import Weights
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.events import Event
from revrec.model.history import ContractHistory
from revrec.model.opening import OpeningBalance, OpeningBasis
from revrec.money import Money, to_minor

_COUNTED = frozenset(
    {
        Measure.UNITS,
        Measure.MILESTONES,
        Measure.COSTS,
        Measure.POINT_IN_TIME,
        Measure.USAGE,
    }
)
_Wrong = tuple[str, str, str]
"""What is wrong, in which field, and what to do."""


@cites("606-10-25-31")
def taken_over(history: ContractHistory) -> OpeningBalance | None:
    """The opening balance from which the contract goes on, with nothing told of before."""
    for each in history.openings:
        if each.basis is OpeningBasis.BALANCES:
            return each
    return None


@cites("606-10-45-1", "606-10-45-2", "606-10-45-3")
def check_openings(history: ContractHistory) -> None:
    """What is told of a cutover fits the contract and can be (ContractError names the field)."""
    contract = history.contract
    for told in history.openings:
        wrong = _impossible(history, told)
        if told.basis is OpeningBasis.BALANCES:
            wrong = chain(wrong, _told_twice(history, told))
        for what, field, remedy in wrong:
            raise refused(contract, told, what, field, remedy)


def _impossible(history: ContractHistory, told: OpeningBalance) -> Iterator[_Wrong]:
    """What contradicts the contract, the field it stands in and what to do."""
    contract = history.contract
    named = [each.obligation for each in told.obligations]
    promised = {each.id for each in contract.obligations}
    promised |= {
        each.id
        for change in history.modifications
        if (change.new_terms_from or change.on) <= told.on
        for each in change.adds
    }
    if history.members:
        what = f"is of a contract combined into {contract.id}"
        yield what, "contract", "Tell the combination as one contract, and take that over."
    if len(history.openings) > 1:
        ids = ", ".join(each.id for each in history.openings)
        yield f"is one of several ({ids})", "id", "A contract is taken over once; correct one."
    if told.currency != contract.currency:
        yield f"is in {told.currency}", "currency", f"Tell the balances in {contract.currency}."
    if told.on < contract.inception:
        what = f"is of {told.on}, before the contract was signed on {contract.inception}"
        yield what, "on", "Leave it out: the contract begins here."
    if unknown := sorted({*named} - promised) or sorted(promised - {*named}):
        what = "leaves out" if {*named} <= promised else "names what was not promised:"
        remedy = f"Tell each of: {', '.join(sorted(promised))}."
        yield f"{what} {', '.join(unknown)}", "obligations", remedy
    if len(set(named)) < len(named):
        yield "tells an obligation twice", "obligations", "Tell each obligation once."
    if told.contract_asset and told.contract_liability:
        what = f"has a contract asset of {told.contract_asset} and a contract liability of "
        remedy = "A contract shows one of them: net them (606-10-45-1)."
        yield what + str(told.contract_liability), "contract_asset", remedy
    for name in ("receivable", "contract_asset", "contract_liability", "refund_liability"):
        if getattr(told, name) < 0:
            remedy = "Balances are positive on their own side; tell it on the other one."
            yield f"has a {name} of {getattr(told, name)}", name, remedy


def _told_twice(history: ContractHistory, told: OpeningBalance) -> Iterator[_Wrong]:
    """Facts of the time that the balances already cover."""
    earlier: Sequence[Event] = [
        *history.invoices,
        *history.credit_memos,
        *history.payments,
        *history.refunds,
        *history.write_offs,
        *history.deliveries,
        *history.estimates,
        *history.exercises,
        *history.lapses,
        *history.returns,
    ]
    for each in earlier:
        if each.on <= told.on:
            what = f"covers {each.kind} {each.id} of {each.on}, which is told too"
            yield what, "basis", "Withdraw it, or tell the whole history with `basis: history`."
    counted = [each.obligation for each in told.obligations if each.quantity or each.amount]
    for change in history.modifications:
        if counted and (change.new_terms_from or change.on) <= told.on:
            what = f"tells how far {counted[0]} was, but not by modification {change.id}"
            yield what, "basis", "Tell the contract as it stood at cutover, without it."
    obligations = {each.id: each for each in history.promised}
    for part in told.obligations:
        held = obligations[part.obligation]
        if held.usage.lot_of and (part.quantity or part.amount):
            what = f"tells use of {held.id}, a lot of the pool {held.usage.lot_of}"
            yield what, "obligations", "Tell the lot as what is left of it at cutover."
        counts = held.measure in _COUNTED and not _as_used(held)
        if counts and part.recognized and not (part.quantity or part.amount):
            what = f"has revenue of {part.recognized} of {held.id} and nothing delivered or used"
            yield what, "obligations", "Tell its `quantity` or `amount` by then."


@cites("606-10-32-28", "606-10-32-31")
def allocated_before(
    contract: Contract, told: OpeningBalance, sharing: Sequence[str], price: int
) -> Weights:
    """The price as the other system allocated it; nothing where that was not told.

    Raises ContractError where the parts do not add up to the price.
    """
    parts = {
        each.obligation: to_minor(each.allocated, contract.currency)
        for each in told.obligations
        if each.allocated is not None
    }
    if not parts:
        return {}
    total = sum(parts.get(name, 0) for name in sharing)
    if total != price or not parts.keys() >= set(sharing):
        what = f"allocates {Money(total, contract.currency)} of {Money(price, contract.currency)}"
        remedy = f"Tell `allocated` of each of: {', '.join(sorted(sharing))}."
        raise refused(contract, told, what, "obligations", remedy)
    return {name: Fraction(parts[name]) for name in sharing}


def _as_used(obligation: PerformanceObligation) -> bool:
    return obligation.measure is Measure.USAGE and obligation.usage.entitled is None


@cites("606-10-25-31")
def used_before(history: ContractHistory) -> Iterator[tuple[str, date, Decimal, Decimal]]:
    """Obligation, day, quantity and rated amount that count from before the cutover."""
    told = taken_over(history)
    if told is None:
        return
    promised = {each.id: each for each in history.promised}
    for part in told.obligations:
        amount = part.amount
        if amount is None:
            held = promised.get(part.obligation)
            amount = part.recognized if held is not None and _as_used(held) else Decimal(0)
        if part.quantity or amount:
            yield part.obligation, told.on, part.quantity, amount


@cites("606-10-45-1")
def within_a_period(contract: Contract, told: OpeningBalance) -> ContractError:
    """Refuses a cutover that is not at the end of a period."""
    what = f"is of {told.on}, within a period"
    return refused(contract, told, what, "on", "Tell the balances at the end of a period.")


@cites("606-10-25-31")
def used_twice(contract: Contract, told: OpeningBalance, day: date) -> ContractError:
    """Refuses use of a day that the balances cover."""
    what = f"covers usage of {day}, which is told too"
    remedy = "Leave it with the other system, or tell the whole history with `basis: history`."
    return refused(contract, told, what, "basis", remedy)


@cites("606-10-45-1")
def refused(
    contract: Contract, told: OpeningBalance, what: str, field: str, remedy: str
) -> ContractError:
    """What is wrong with an opening balance, where, and what to do."""
    return ContractError(
        f"Opening balance {told.id} of contract {contract.id} {what}.",
        remedy=remedy,
        contract=contract.id,
        field=f"opening_balance.{field}",
    )
