"""Steps 1 to 4 of a modification: what ends, what goes on, and for how much.

606-10-25-10 to 25-13.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from revrec.asc606.allocation import (
    Proportions,
    Weights,
    allocate,
    discounted,
    participants,
    proportions,
)
from revrec.asc606.amendment import amended, changes_books
from revrec.asc606.breakage import refuse_restart
from revrec.asc606.increments import explain_concession, of_the_past
from revrec.asc606.modification import (
    Treated,
    Treatment,
    changes_nothing,
    check_modification,
    check_scope,
    cut_off,
    explain_modification,
    same_contract,
    takes_effect,
)
from revrec.asc606.pauses import refuse_moved_end
from revrec.asc606.performance_obligations import COMPLETE, remaining
from revrec.asc606.pricing import Component, Restart, shares, sharing, unearned
from revrec.asc606.restated import looking_back, restate
from revrec.asc606.standing import MAIN, Standing
from revrec.asc606.term import Term
from revrec.asc606.transaction_price import estimated
from revrec.asc606.treatment import change_in_price, treat
from revrec.asc606.use import AsUsed, Counted
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, PerformanceObligation
from revrec.model.decision import Answer, Question
from revrec.model.events import Modification
from revrec.periods import next_day

Asking = Generator[list[Question], list[Answer], None]


@dataclass(frozen=True, slots=True)
class _Cut:
    """How far the obligations of a contract that ends have come."""

    affected: Sequence[InForce]
    going_on: Sequence[InForce]
    earned: Mapping[str, Answer]
    counted: Mapping[str, Counted]
    """What new terms count of the time before them."""


@cites("606-10-25-10", "606-10-25-12", "606-10-25-13")
def modify(standing: Standing, term: Term, told: Modification) -> Asking:
    """A change of scope, price or both (25-10 to 25-13)."""
    contract = standing.contract
    check_modification(contract, told, _going(standing))
    last_day = standing.last_day
    held = standing.in_force.items() if told.end is not None else ()
    modification, standing.last_day = amended(
        term, told, {name: each.terms for name, each in held}, standing.last_day
    )
    refuse_moved_end(standing, told, modification)
    if told.end is not None and standing.last_day is not None:
        term.spans.append((takes_effect(told), contract.first_day, standing.last_day))
    modification, past = _apart(modification)
    if changes_nothing(modification):
        _concede(standing, modification, past)
        return
    standing.cut = max(standing.cut, cut_off(modification))
    revised = {each.id: each for each in modification.revises}
    ending = [*modification.withdraws, *revised]
    touched = {standing.in_force[name].group for name in ending if name in standing.in_force}
    groups = touched or {MAIN}
    affected = [each for each in standing.in_force.values() if each.group in groups]
    used = [each for each in standing.as_used if each.live and each.obligation in ending]
    earned, counted = yield from _measure(standing, modification, affected, used)
    standing.end_measures(affected, used)
    going_on = _going_on(affected, earned, modification)
    check_scope(contract, modification, earned, last_day)
    conceded = sum(estimated(past, contract).values())
    treated = treat(
        standing, term, modification, [each.obligation for each in going_on], conceded=conceded
    )
    if treated.treatment is Treatment.SEPARATE:
        _separate(standing, modification, treated)
    else:
        _restart(standing, modification, treated, _Cut(affected, going_on, earned, counted))
    _reprice_use(standing, used, revised, counted)
    first_day = next_day(standing.cut)
    standing.price_use(modification.adds_consideration, first_day, modification.on, counted)
    _concede(standing, modification, past)
    standing.publish(max(changes_books(modification, term), contract.inception))


def _measure(
    standing: Standing,
    modification: Modification,
    affected: Sequence[InForce],
    used: Sequence[AsUsed],
) -> Generator[list[Question], list[Answer], tuple[dict[str, Answer], dict[str, Counted]]]:
    """How far what ends has come, and what new terms count of the use before them."""
    before = looking_back(standing, modification)
    ending = [(each.id, each.shape) for each in affected]
    charged = [(each, shape) for each in used for shape in standing.shapes_now(each)]
    ending += [(each.obligation, shape) for each, shape in charged]
    answers = yield [
        *(Question(standing.contract.id, name, shape, standing.cut) for name, shape in ending),
        *before.values(),
    ]
    told = iter(answers)
    earned = {each.id: next(told) for each in affected}
    number = len(standing.restarts)
    for each, _ in charged:
        each.counted[number] = each.counted.get(number, 0) + next(told).used
    return earned, {name: Counted(asked.shape, next(told)) for name, asked in before.items()}


def _apart(modification: Modification) -> tuple[Modification, tuple[Consideration, ...]]:
    """The modification without the amounts for what was transferred before it, and these."""
    if not modification.adds_consideration:
        return modification, ()
    until = takes_effect(modification)
    past = tuple(
        each
        for each in modification.adds_consideration
        if each.kind is ConsiderationKind.VARIABLE
        and each.service_to is not None
        and each.service_to <= until
    )
    ahead = tuple(each for each in modification.adds_consideration if each not in past)
    return replace(modification, adds_consideration=ahead), past


@cites("606-10-25-13", "606-10-32-43", "606-10-55-115")
def _concede(standing: Standing, modification: Modification, past: Sequence[Consideration]) -> None:
    """What is agreed for what was transferred before is revenue now, and never spread forward.

    Raises UnsupportedTerm when it does not say for which one obligation it is.
    """
    amounts = estimated(past, standing.contract)
    for told in past:
        obligation = standing.known.get(told.obligation or "")
        if obligation is None:
            raise UnsupportedTerm(
                f"Consideration {told.id} of modification {modification.id} is for days before it "
                f"and names {told.obligation or 'no obligation'}.",
                citation="606-10-25-13",
                remedy=f"Name one of: {', '.join(sorted(standing.known))}.",
                contract=standing.contract.id,
                field=f"modification.adds_consideration.{told.id}.obligation",
            )
        standing.components[told.id] = Component(
            id=told.id,
            amount=amounts[told.id],
            weights={obligation.id: 1},
            since=len(standing.restarts),
            increments=of_the_past(told, obligation, standing.contract),
            decisions=[standing.record(explain_concession(standing.contract, modification, told))],
        )
        if standing.components[told.id].increments == COMPLETE:
            standing.concede(obligation.id, told.id)
    if past:
        standing.publish(max(takes_effect(modification), standing.contract.inception))


def _going(standing: Standing) -> set[str]:
    """Obligations that a modification may name."""
    return {*standing.in_force, *(each.obligation for each in standing.as_used if each.live)}


def _going_on(
    affected: Iterable[InForce], earned: Mapping[str, Answer], modification: Modification
) -> list[InForce]:
    """Unsatisfied and not withdrawn, or restated: new terms are something to transfer."""
    over = {name for name, answer in earned.items() if answer.numerator >= answer.denominator}
    over -= {each.id for each in modification.revises}
    over |= {*modification.withdraws}
    return [each for each in affected if each.id not in over]


def _over(each: InForce, cut: _Cut, modification: Modification) -> bool:
    """Whether new terms that count what was used before leave nothing distinct to use."""
    counted = cut.counted.get(each.id)
    distinct = not same_contract(each.obligation, modification)
    return distinct and counted is not None and counted.used_up


def _separate(standing: Standing, modification: Modification, treated: Treated) -> None:
    """Distinct goods at their selling prices: a contract of its own (25-12)."""
    change = change_in_price(standing, modification)
    added = _add(standing, modification, modification.id)
    proven = _proven(standing, modification, standing.weights(added) if added else {}, change)
    parts = allocate(change, proportions(proven)) if added else {}
    decision = standing.record(
        explain_modification(standing.contract, modification, treated, change, parts)
    )
    amounts = {modification.id: change} | estimated(
        modification.adds_consideration, standing.contract
    )
    standing.promise(
        amounts,
        modification.adds_consideration,
        modification.id,
        decision,
        bundles=modification.bundles,
    )


@cites("606-10-32-37")
def _proven(
    standing: Standing, modification: Modification, weights: Weights, price: int
) -> Weights:
    """A discount of the new price goes where bundle prices of the modification prove it."""
    return discounted(replace(standing.contract, bundles=modification.bundles), weights, price)


def _restart(
    standing: Standing,
    modification: Modification,
    treated: Treated,
    cut: _Cut,
) -> None:
    """End the old contract and start the new one; what is not distinct carries on."""
    affected = cut.affected
    going_on = [each for each in cut.going_on if not _over(each, cut, modification)]
    groups = {each.group for each in affected} or {MAIN}
    main = MAIN if MAIN in groups else min(groups)
    kept, entitled = dict(cut.earned), _entitled(affected)
    for each in affected:
        refuse_restart(standing.contract, each.obligation, each.shape)
    products = {name: each.product for name, each in standing.known.items()}
    revised = {each.id: each for each in modification.revises}
    for each in going_on:
        if same_contract(each.obligation, modification):
            kept.pop(each.id)
        _carry_on(standing, each, revised.get(each.id), cut, modification)
    for each in affected:
        each.group = main
        if each not in going_on:
            _end(standing, each, revised.get(each.id), modification)
    remain = [*going_on, *_add(standing, modification, main)]
    alone = standing.weights(remain) if remain else {}
    weights = proportions(alone) if alone else {}
    told = change_in_price(standing, modification)
    change = 0 if modification.unpriced else told
    if main not in standing.components and (change or weights):
        base: Proportions = weights or dict.fromkeys(sorted(modification.withdraws), 1)
        if not base:
            raise _shared_by_none(standing, modification)
        standing.components[main] = Component(
            id=main, amount=0, weights=base, since=len(standing.restarts)
        )
    ended = {main} | {
        component.id
        for component in standing.components.values()
        if not cut.earned.keys().isdisjoint(sharing(component, standing.restarts))
    }
    if modification.bundles:
        parts = [standing.components[name] for name in ended if name in standing.components]
        left = sum(unearned(each, standing.restarts, kept) for each in parts)
        weights = proportions(_proven(standing, modification, alone, left + change))
    standing.restarts.append(
        Restart(
            components=frozenset(ended),
            earned=kept,
            entitled=entitled,
            weights=weights,
            changes={main: change},
            products=products,
        )
    )
    _explain(standing, modification, treated, ended)
    added = estimated(modification.adds_consideration, standing.contract)
    if modification.unpriced:
        added[modification.id] = told
    standing.promise(added, modification.adds_consideration, main, len(standing.decisions) - 1)


def _shared_by_none(standing: Standing, modification: Modification) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"Modification {modification.id} of contract {standing.contract.id} changes a price that "
        "no obligation of the contract shares in.",
        citation="606-10-25-10",
        remedy="Name what the change is for: add, revise or withdraw an obligation.",
        contract=standing.contract.id,
        field="modification.price_change",
    )


def _entitled(affected: Iterable[InForce]) -> dict[str, int]:
    return {each.id: each.shape.entitled for each in affected if each.shape.entitled is not None}


def _carry_on(
    standing: Standing,
    each: InForce,
    revised: PerformanceObligation | None,
    cut: _Cut,
    modification: Modification,
) -> None:
    """Bind an obligation that goes on to what is left of it, or to its revised terms."""
    if revised is not None:
        restate(standing, each, revised, cut.counted.get(each.id), modification)
    elif not same_contract(each.obligation, modification):
        answer = cut.earned[each.id]
        part = Fraction(answer.denominator - answer.numerator, answer.denominator)
        each.left = Fraction(each.still(part))
        each.shape = remaining(each.shape, answer, next_day(standing.cut))


def _end(
    standing: Standing,
    each: InForce,
    revised: PerformanceObligation | None,
    modification: Modification,
) -> None:
    """Nothing is left of an obligation, or nothing of what its new terms give."""
    standing.in_force.pop(each.id)
    if revised is not None:
        standing.identify(revised, modification.on)


def _add(standing: Standing, modification: Modification, group: str) -> list[InForce]:
    """Bring added obligations into force; gives those that share in the price."""
    for obligation in modification.adds:
        standing.identify(obligation, modification.on)
    first_day = next_day(standing.cut)
    sharing = [
        standing.bind(obligation, group, modification.on, first_day)
        for obligation in participants(modification.adds, modification.adds_consideration)
    ]
    standing.in_force.update({each.id: each for each in sharing})
    return sharing


def _reprice_use(
    standing: Standing,
    used: Sequence[AsUsed],
    revised: Mapping[str, PerformanceObligation],
    counted: Mapping[str, Counted],
) -> None:
    """Usage of revised obligations is charged by their new terms; of withdrawn ones, no more."""
    for each in used:
        if each.obligation in revised:
            first_day, name = next_day(standing.cut), each.obligation
            begins = max(revised[name].start or first_day, first_day)
            each.begins, each.ends = first_day, revised[name].end
            each.shape = standing.shape_of_use(each.consideration, begins, counted.get(name))
        else:
            each.live = False


def _explain(
    standing: Standing,
    modification: Modification,
    treated: Treated,
    components: set[str],
) -> None:
    """Record the modification, and that the components it ended rest on it."""
    totals: dict[str, int] = {}
    ended = [standing.components[name] for name in sorted(components & standing.components.keys())]
    for component in ended:
        for name, share in shares(component, standing.restarts).live.items():
            totals[name] = totals.get(name, 0) + share
    decision = standing.record(
        explain_modification(standing.contract, modification, treated, sum(totals.values()), totals)
    )
    for component in ended:
        component.decisions.append(decision)
