"""Steps 1 to 4 of one contract, from its facts to segments and decisions.

``decide`` is a generator. Where a modification needs to know how far an obligation is, it yields
questions and is sent the answers; step 5's SQL answers every contract's questions at once, so
progress has one implementation. A contract without modifications asks nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from datetime import date

from revrec.asc606.allocation import participants
from revrec.asc606.amendment import changes_books
from revrec.asc606.breakage import expected_again, owed_to_a_state, use_is_remote
from revrec.asc606.contract import check_amounts, check_transfers
from revrec.asc606.control import when_control_passes
from revrec.asc606.cutover import take_over
from revrec.asc606.estimates import check_estimates
from revrec.asc606.existence import (
    assess_contract,
    contract_as_of,
    deposits_earned,
    without_contract,
)
from revrec.asc606.financed import Revaluation, finance
from revrec.asc606.lots import pools_of
from revrec.asc606.modify import modify
from revrec.asc606.openings import check_openings, taken_over
from revrec.asc606.pauses import check_pauses, pause, resume
from revrec.asc606.payable import Promised, other_than_cash, promised_later, with_amounts
from revrec.asc606.performance_obligations import expecting
from revrec.asc606.renewal import renew
from revrec.asc606.repurchase import with_repurchases
from revrec.asc606.returns import cost_of_goods
from revrec.asc606.rights import let_lapse, use_right
from revrec.asc606.royalties import Transferred, handovers
from revrec.asc606.standalone_selling_price import Books
from revrec.asc606.standing import MAIN, Standing
from revrec.asc606.term import Renewal, Term, enforceable_term
from revrec.asc606.transaction_price import re_estimate, transaction_price
from revrec.citations import cites
from revrec.model.decision import Answer, ContractAccounting, Decision, Question, Segment
from revrec.model.events import Estimate, Modification
from revrec.model.history import ContractHistory
from revrec.model.opening import OpeningBalance
from revrec.model.options import Exercise, Lapse
from revrec.model.performance import Pause, Resumption
from revrec.money import to_minor
from revrec.periods import FOREVER, day_before

Change = (
    Renewal
    | Revaluation
    | Promised
    | Transferred
    | Modification
    | Pause
    | Resumption
    | Estimate
    | Exercise
    | Lapse
    | OpeningBalance
)
_ORDER = {
    Revaluation: 0,
    Modification: 1,
    Resumption: 2,
    Pause: 3,
    Promised: 4,
    Transferred: 4,
    Estimate: 4,
    Exercise: 5,
    Lapse: 6,
    OpeningBalance: 7,
}
Asking = Generator[list[Question], list[Answer], None]
Decided = Generator[list[Question], list[Answer], ContractAccounting]


@cites("606-10-05-4")
def decide(history: ContractHistory, books: Books) -> Decided:
    """Account for a contract as known now; yields questions about progress, returns the result.

    Raises ContractError where the facts contradict each other or cannot be accounted for.
    """
    if history.refusal is not None:
        raise history.refusal
    check_amounts(history)
    check_estimates(history)
    check_transfers(history)
    check_pauses(history)
    check_openings(history)
    pools_of(history, books.policy)
    existence = assess_contract(history)
    term, bound, decision = enforceable_term(contract_as_of(history.contract, existence))
    standing = Standing(bound, books, history.contract.end)
    standing.decisions += existence.decisions
    if decision is not None:
        standing.decisions.append(decision)
    if existence.exists_from != FOREVER:
        yield from _account(standing, term, history)
    segments = standing.timeline.segments()
    if existence.without:
        segments = yield from without_contract(segments, existence)
    if history.earlier and existence.exists_from is None:
        segments = (*_before_the_last(standing, history), *segments)
    kept, owed = owed_to_a_state(segments)
    sold = with_repurchases(history, kept, len(standing.decisions))
    standing.decisions += sold.decisions
    costs, why = cost_of_goods(when_control_passes(history), len(standing.decisions))
    standing.decisions += why
    return ContractAccounting(
        contract=history.contract.id,
        segments=(*sold.revenue, *deposits_earned(history, books, existence, segments)),
        decisions=tuple(standing.decisions),
        accrued=(
            *standing.accrued,
            *other_than_cash(history),
            *costs,
            *owed,
            *sold.accrued,
        ),
        exists_from=existence.exists_from,
        without_contract=existence.without,
        terms=tuple(term.spans),
        renews=bool(term.every),
    )


def _account(standing: Standing, term: Term, history: ContractHistory) -> Asking:
    """Steps 1 to 4 of a contract that exists, through its facts in order."""
    standing.opening = taken_over(history)
    _begin(standing, term, history.read_as)
    priced: list[Revaluation] = []
    if standing.contract.financing is not None or history.reschedules:
        priced = yield from finance(standing, history)
    for event in _in_order(history, term, standing.books.until, priced):
        if isinstance(event, Renewal):
            yield from renew(standing, term, event)
        elif isinstance(event, Modification):
            yield from modify(standing, term, event)
        elif isinstance(event, Pause):
            yield from pause(standing, event)
        elif isinstance(event, Resumption):
            yield from resume(standing, event)
        elif isinstance(event, OpeningBalance):
            yield from take_over(standing, event)
        else:
            _take(standing, event)


def _take(
    standing: Standing,
    event: Revaluation | Promised | Transferred | Estimate | Exercise | Lapse,
) -> None:
    """A change that needs no measure of progress."""
    if isinstance(event, Revaluation):
        _revalue(standing, event)
    elif isinstance(event, Promised):
        standing.promise_later(event)
    elif isinstance(event, Transferred):
        standing.hand_over(event)
    elif isinstance(event, Estimate):
        _estimate(standing, event)
    elif isinstance(event, Exercise):
        use_right(standing, event)
    else:
        let_lapse(standing, event)


def _revalue(standing: Standing, event: Revaluation) -> None:
    """The fixed consideration of the contract as signed is worth another amount (32-15)."""
    component = standing.components[MAIN]
    component.amount = event.amount
    component.decisions.append(event.decision)
    standing.publish(max(event.on, standing.contract.inception))


@cites("606-10-25-9")
def _before_the_last(standing: Standing, history: ContractHistory) -> Iterator[Segment]:
    """Combined contracts in the days before the last was approved: as those before it stood."""
    following = [*(each.inception for each in history.earlier[1:]), standing.contract.inception]
    for part, until in zip(history.earlier, following, strict=False):
        term, bound, _ = enforceable_term(part)
        before = Standing(bound, standing.books, part.end)
        before.decisions = standing.decisions
        _begin(before, term, ())
        for segment in before.timeline.segments():
            yield segment._replace(valid_to=day_before(until))


def _in_order(
    history: ContractHistory, term: Term, until: date, priced: Iterable[Revaluation]
) -> list[Change]:
    """By the day the books change; renewals, financing, modifications, then in ``_ORDER``.

    In a term that renews, new terms come after the renewal that begins with them.
    """
    events: list[Change] = [
        *priced,
        *history.modifications,
        *history.pauses,
        *history.resumptions,
        *with_amounts(history),
        *promised_later(history),
        *handovers(history),
        *history.exercises,
        *history.lapses,
        *([told] if (told := taken_over(history)) is not None else []),
    ]
    if term.every:
        last = max([until, *(changes_books(each, term) for each in history.modifications)])
        events += term.renewals(last)

    def place(event: Change) -> tuple[date, int, date, int, str]:
        if isinstance(event, Renewal):
            return event.on, 0, event.on, 0, ""
        if isinstance(event, Modification):
            return changes_books(event, term), 1, event.on, event.order, event.id
        return event.on, _ORDER[type(event)], event.on, 0, event.id

    return sorted(events, key=place) if len(events) > 1 else events


def _begin(standing: Standing, term: Term, read_as: Iterable[Decision]) -> None:
    """Inception: steps 2 to 4 on the contract as signed."""
    contract = standing.contract
    standing.decisions.extend(read_as)
    for obligation in contract.obligations:
        standing.identify(obligation, contract.inception)
    amounts, decision = transaction_price(contract)
    for obligation in participants(contract.obligations, contract.consideration):
        bound = standing.bind(obligation, MAIN, contract.inception, contract.first_day)
        bound.left = term.part(obligation)
        standing.in_force[obligation.id] = bound
    standing.promise(amounts, contract.consideration, MAIN, standing.record(decision))
    standing.price_use(contract.consideration, contract.first_day, contract.inception)
    standing.publish(contract.inception)


def _estimate(standing: Standing, estimate: Estimate) -> None:
    """A new estimate of consideration, or of use to come (32-14, 55-48)."""
    if estimate.remote and estimate.obligation in standing.in_force:
        held = standing.in_force[estimate.obligation]
        held.used_until = held.used_until or held.shape
        held.shape, why = use_is_remote(held.shape, standing.contract, estimate)
        standing.rest_on(held.id, standing.record(why))
        standing.publish(max(estimate.on, standing.contract.inception))
        return
    if standing.estimate_use(estimate):
        standing.publish(max(estimate.on, standing.contract.inception))
        return
    amounts = {name: each.amount for name, each in standing.components.items()}
    decision = standing.record(re_estimate(standing.contract, estimate, amounts, standing.in_force))
    if estimate.consideration is not None and estimate.amount is not None:
        component = standing.components[estimate.consideration]
        component.amount = to_minor(estimate.amount, standing.contract.currency)
        component.decisions.append(decision)
    elif estimate.obligation is not None and estimate.expected is not None:
        each = standing.in_force[estimate.obligation]
        until, before = each.used_until, each.shape
        before = before if until is None else expected_again(before, until)
        each.shape = expecting(before, estimate.expected, each.obligation, estimate.on)
        each.used_until = None if each.shape.lapses == before.lapses else before
        standing.rest_on(estimate.obligation, decision)
    standing.publish(max(estimate.on, standing.contract.inception))
