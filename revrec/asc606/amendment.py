"""Step 1: what a modification changes where amounts and promises follow the term.

Recurring amounts change by themselves when the term, their rate or what they are for changes;
``price_change`` is what is agreed besides (606-10-25-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from revrec.asc606.modification import takes_effect
from revrec.asc606.term import BY_COUNT, Renewal, Term, bounded, enforceable_term
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    PerformanceObligation,
)
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.term import Charged
from revrec.money import from_minor
from revrec.periods import FOREVER, day_before


@cites("606-10-25-3", "606-10-25-10")
def amended(
    term: Term,
    modification: Modification,
    in_force: Mapping[str, PerformanceObligation],
    last_day: date | None,
) -> tuple[Modification, date | None]:
    """The modification for the enforceable term, and that term's last day after it.

    Brings the charges and promises kept in ``term`` up to date. Raises ContractError where the
    new end or a restated amount contradicts the contract.
    """
    new_from = modification.new_terms_from or modification.on
    until = modification.end or last_day
    if term.every and last_day is not None:
        until = min(last_day, until or last_day)
    _check_end(term, modification)
    told = _to_the_new_end(modification, in_force, last_day, until, new_from)
    before = term.price(new_from, last_day or FOREVER) if term.charges else 0
    _promise(term, told, new_from)
    _charge(term, told, new_from)
    if term.charges:
        change = term.price(new_from, until or FOREVER) - before
        told = replace(
            told,
            price_change=told.price_change + from_minor(change, term.contract.currency),
            adds_consideration=tuple(
                each for each in told.adds_consideration if not _follows(each)
            ),
        )
    if term.every and until is not None:
        told = replace(
            told,
            adds=tuple(_bound(term, told.adds, new_from, until)),
            revises=tuple(_bound(term, told.revises, new_from, until)),
            end=until if modification.end else None,
        )
    return told, until


@cites("606-10-25-3", "606-10-25-10")
def changes_books(modification: Modification, term: Term) -> date:
    """The day on which the books change; in a term that renews not before the new terms begin.

    New terms come after the renewal that begins with them.
    """
    day = takes_effect(modification)
    return max(day, modification.new_terms_from or modification.on) if term.every else day


@cites("606-10-25-3", "606-10-25-10")
def enforced(history: ContractHistory, on: date) -> tuple[Contract, tuple[Modification, ...]]:
    """The contract and its changes at the amounts and to the day enforceable by the end of a day.

    Recurring amounts are those of the service renewed by then; what changes them is told by the
    modifications, as are renewals of amounts that a modification added.
    """
    contract = history.contract
    told = [each for each in history.modifications if each.on <= on]
    term, bound, _ = enforceable_term(contract)
    if not term.charges:
        return contract, tuple(told)
    amounts = {each.id: each.amount for each in bound.consideration}
    last_day, changes = bound.end, list[Modification]()
    events: list[Renewal | Modification] = [*term.renewals(on), *told]
    for event in sorted(events, key=lambda each: _place(each, term)):
        if isinstance(event, Modification):
            changed, last_day = amended(term, event, {}, last_day)
            changes.append(changed)
            continue
        renewed = bounded(term, event)
        if renewed is None:
            continue
        last_day = renewed.last_day
        for name, charge in term.charges.items():
            minor = charge.between(renewed.first_day, renewed.last_day)
            amount = from_minor(minor, contract.currency)
            if name in amounts:
                amounts[name] += amount
            else:
                changes[-1] = replace(changes[-1], price_change=changes[-1].price_change + amount)
    consideration = tuple(
        replace(each, amount=amounts[each.id], charged=None, steps=())
        for each in contract.consideration
    )
    end = last_day if term.every else contract.end
    return replace(contract, consideration=consideration, end=end), tuple(changes)


def _place(event: Renewal | Modification, term: Term) -> tuple[date, int, int, str]:
    if isinstance(event, Renewal):
        return event.on, 0, 0, ""
    return changes_books(event, term), 1, event.order, event.id


def _follows(each: Consideration) -> bool:
    return each.kind is ConsiderationKind.FIXED and each.charged is not None


def _to_the_new_end(
    modification: Modification,
    in_force: Mapping[str, PerformanceObligation],
    last_day: date | None,
    until: date | None,
    new_from: date,
) -> Modification:
    """Service by time follows a new end where the modification names no obligation.

    It is cut, or withdrawn, where it would outlast an earlier end; service that ran to the end is
    extended to a later one. Obligations that are not named beside others are unchanged.
    """
    named = modification.adds or modification.revises or modification.withdraws
    if modification.end is None or until is None or named:
        return modification
    changed = [each for _, each in sorted(in_force.items()) if each.measure not in BY_COUNT]
    if last_day is None or until <= last_day:
        changed = [each for each in changed if (each.end or FOREVER) > until]
    else:
        changed = [each for each in changed if each.end == last_day]
    if until < new_from:
        gone = tuple(each.id for each in changed)
        return replace(modification, withdraws=gone)
    moved = (
        replace(
            each,
            start=max(each.start or new_from, new_from) if each.distinct_increments else each.start,
            end=until,
        )
        for each in changed
    )
    return replace(modification, revises=tuple(moved))


def _promise(term: Term, told: Modification, new_from: date) -> None:
    """Keep the promises as written, for renewals to come."""
    for each in (*told.adds, *told.revises):
        term.promised[each.id] = replace(each, start=each.start or new_from)
    for name in told.withdraws:
        term.promised.pop(name, None)
    if told.end is not None:
        term.final = told.end


def _charge(term: Term, told: Modification, new_from: date) -> None:
    """Bring the charges up to date: stopped, restated, added, running to the new end."""
    ends = {each.id: each.end for each in told.revises}
    for name, charge in list(term.charges.items()):
        obligation = charge.told.obligation
        if obligation in told.withdraws:
            term.charges[name] = replace(charge, last_day=day_before(new_from))
        elif obligation in ends or obligation is None or obligation in term.promised:
            last = ends.get(obligation or "") or term.final
            if told.end is not None or obligation in ends:
                term.charges[name] = replace(charge, last_day=last)
    for each in told.revises_consideration:
        held = term.charges.get(each.id)
        if held is None or each.charged in (None, Charged.ONCE, Charged.OVER_TERM):
            raise ContractError(
                f"Modification {told.id} of contract {term.contract.id} restates {each.id}, "
                "which is not charged by month, quarter or year.",
                citation="606-10-25-10",
                remedy="Give the difference as `price_change`.",
                contract=term.contract.id,
                field="modification.revises_consideration",
            )
        term.charges[each.id] = replace(held, told=each)
    for each in told.adds_consideration:
        if _follows(each):
            term.charge(each, new_from)


def _bound(
    term: Term, obligations: Iterable[PerformanceObligation], first: date, last: date
) -> Iterable[PerformanceObligation]:
    """What of the obligations is enforceable already; the rest comes with its renewal."""
    clipped = (term.clipped(each, first, last) for each in obligations)
    return [each for each in clipped if each is not None]


def _check_end(term: Term, modification: Modification) -> None:
    if modification.end is not None and modification.end < term.contract.first_day:
        raise ContractError(
            f"Modification {modification.id} ends contract {term.contract.id} on "
            f"{modification.end}, before its service begins {term.contract.first_day}.",
            citation="606-10-25-3",
            remedy="Correct `end`, or withdraw the obligations.",
            contract=term.contract.id,
            field="modification.end",
        )
