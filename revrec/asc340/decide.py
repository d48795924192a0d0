"""Contract costs of one contract, from its facts to segments and decisions.

``contract_costs`` is a generator like the five steps: where a change needs to know how far an asset
is amortised, it yields questions and is sent exact progress. It is given what ASC 606 decided and
adds to it; it changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise

from msgspec import structs

from revrec.asc340.amortization import (
    FOLLOWED,
    from_day,
    measured,
    measures_of,
    months_amortized,
    promised,
    related,
    same_measure,
    shared_by,
    still_to_transfer,
    term,
    until,
)
from revrec.asc340.assets import Carried, CostTimeline
from revrec.asc340.changes import (
    adjust,
    check_adjustment,
    explain_adjustment,
    explain_period,
    new_measure,
    shortened_to,
)
from revrec.asc340.facts import amount_of, check_costs, in_minor
from revrec.asc340.impairment import derecognition, explain_impairment, impairment, recovery
from revrec.asc340.recognition import (
    Outcome,
    explain_cost,
    explain_shares,
    fulfil,
    in_scope,
    obtain,
    within_a_year,
)
from revrec.asc340.standing import Costs
from revrec.citations import cites
from revrec.model.costs import ContractCost, ContractCostReview, CostPurpose
from revrec.model.decision import (
    Answer,
    ContractAccounting,
    Progress,
    Question,
    Shape,
)
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.policy import Policy
from revrec.money import apportion, round_ratio
from revrec.periods import day_before, next_day

Asking = Generator[list[Question], list[Answer], None]
Decided = Generator[list[Question], list[Answer], ContractAccounting]
_Event = tuple[date, int, str, Callable[[], Asking]]
"""The day it counts from, its place among those of the day, its id, and what it does."""


@cites("340-40-25-1", "340-40-25-5", "340-40-35-1")
def contract_costs(
    history: ContractHistory, accounting: ContractAccounting, policy: Policy
) -> Decided:
    """Account for what the contract cost, beside its revenue.

    Yields questions about progress, returns the accounting with the costs in ``accrued``. Raises
    ContractError where the facts contradict each other or cannot be accounted for.
    """
    if not history.costs:
        return accounting
    check_costs(history)
    costs = Costs(history, accounting, policy, CostTimeline(history.contract))
    for _, _, _, happen in sorted(_events(costs), key=lambda event: event[:3]):
        yield from happen()
    return structs.replace(
        accounting,
        accrued=(*accounting.accrued, *costs.timeline.segments()),
        decisions=(*accounting.decisions, *costs.decisions),
    )


def _events(costs: Costs) -> Iterator[_Event]:
    """What moves costs, each with its day; on one day new measures first, tests last."""
    history = costs.history
    for name in sorted(promised(history, date.max)):
        for before, after in pairwise(measures_of(costs.accounting.segments, name)):
            yield after[0], 0, name, partial(_follow, costs, name, before[1], after)
    for cost in history.costs:
        if cost.adjusts is None:
            yield cost.on, 1, cost.id, partial(_incur, costs, cost)
        else:
            yield cost.on, 2, cost.id, partial(_adjust, costs, cost)
    for modification in history.modifications:
        first_day = modification.new_terms_from or modification.on
        day = max(modification.on, day_before(first_day))
        yield day, 3, modification.id, partial(_modify, costs, modification)
    for review in history.cost_reviews:
        if review.benefit_end is not None:
            day = max(review.on, day_before(review.applies_from or review.on))
            yield day, 4, review.id, partial(_review, costs, review)
        if review.expected_consideration is not None:
            yield review.on, 5, review.id, partial(_test, costs, review)


def _incur(costs: Costs, cost: ContractCost) -> Asking:
    """A cost is incurred: an asset, an expense, or nothing of this Subtopic."""
    history, amount = costs.history, amount_of(costs.history.contract, cost)
    carried = Carried(cost=cost, obligation=cost.obligation or "")
    conclusion = in_scope(cost) or (obtain if cost.purpose is CostPurpose.OBTAIN else fulfil)(cost)
    if conclusion.outcome is Outcome.ASSET:
        elected = costs.policy.value("contract_cost_amortization")
        carried.shape = measured(history, cost, elected, costs.accounting.segments)
        if costs.policy.value("short_costs_to_obtain") == "expensed":
            conclusion = within_a_year(conclusion, cost, months_amortized(carried.shape))
    carried.is_asset = conclusion.outcome is Outcome.ASSET
    decision = explain_cost(costs.contract, cost, costs.money(amount), conclusion)
    carried.decisions.append(costs.record(decision))
    if conclusion.outcome is Outcome.EXPENSE:
        carried.expensed = amount
    parts = [(carried, amount)]
    if carried.is_asset:
        parts = yield from _by_obligation(costs, carried, amount)
    for part, share in parts:
        costs.carried[part.key] = part
        if part.is_asset:
            yield from _begin(costs, part, share)
        costs.timeline.publish(cost.on, part)


def _begin(costs: Costs, carried: Carried, amount: int) -> Asking:
    """Carry the amount as an asset, measured from the day it was incurred."""
    cost = carried.cost
    carried.capitalized = carried.left = amount
    if carried.shape.progress in FOLLOWED:
        carried.obligation, carried.follows = related(costs.history, cost), True
        [answer] = yield [costs.ask(carried, day_before(cost.on))]
        carried.shape = from_day(carried.shape, answer, cost.on)


def _by_obligation(
    costs: Costs, carried: Carried, amount: int
) -> Generator[list[Question], list[Answer], list[tuple[Carried, int]]]:
    """A cost of the whole contract that follows the transfer, by the obligations it is for."""
    history, cost = costs.history, carried.cost
    elected = costs.policy.value("contract_cost_amortization")
    live = shared_by(history, cost, elected, costs.accounting.segments)
    if not live:
        return [(carried, amount)]
    answers = yield [
        Question(
            contract=costs.contract,
            obligation=each.obligation,
            shape=each.shape,
            day=day_before(cost.on),
        )
        for each in live
    ]
    weights = still_to_transfer(live, answers)
    if not sum(weights.values()):
        return [(carried, amount)]
    shares = apportion(amount, weights)
    decision = costs.record(
        explain_shares(costs.contract, cost, {n: costs.money(s) for n, s in shares.items()})
    )
    parts = []
    for name, share in sorted(shares.items()):
        of = replace(cost, obligation=name)
        shape = measured(history, of, elected, costs.accounting.segments)
        because = [*carried.decisions, decision]
        part = Carried(cost=of, obligation=name, shape=shape, is_asset=True, decisions=because)
        parts.append((part, share))
    return parts


def _adjust(costs: Costs, cost: ContractCost) -> Asking:
    """More of a cost, or a part of it given back."""
    contract = costs.history.contract
    parts = [each for each in costs.carried.values() if each.id == cost.adjusts]
    kept = {each.key[1]: each.expensed + each.capitalized for each in parts}
    amount = amount_of(contract, cost)
    if not any(each.is_asset or each.expensed for each in parts):
        return
    check_adjustment(contract.id, cost, sum(kept.values()), amount)
    catch_up = costs.policy.value("contract_cost_adjustments") == "catch_up"
    expensed = not any(each.is_asset for each in parts)
    decision = costs.record(
        explain_adjustment(
            contract.id, cost, costs.money(amount), expensed=expensed, catch_up=catch_up
        )
    )
    shares = apportion(amount, kept if sum(kept.values()) else dict.fromkeys(kept, 1))
    for carried in parts:
        if carried.is_asset:
            yield from _settle(costs, carried, day_before(cost.on))
            adjust(carried, shares[carried.key[1]], catch_up=catch_up)
        else:
            carried.expensed += shares[carried.key[1]]
        carried.decisions.append(decision)
        costs.timeline.publish(cost.on, carried)


def _settle(costs: Costs, carried: Carried, last_day: date) -> Asking:
    """Amortise to the end of the day as estimated so far; what is left starts afresh."""
    if carried.spent or carried.derecognized:
        return
    [answer] = yield [costs.ask(carried, last_day)]
    _settle_at(carried, answer, last_day)


def _settle_at(carried: Carried, answer: Answer, last_day: date) -> None:
    amortized = round_ratio(carried.left * answer.numerator, answer.denominator)
    carried.amortized += amortized
    carried.left -= amortized
    carried.forgone -= round_ratio(carried.forgone * answer.numerator, answer.denominator)
    carried.spent = answer.numerator >= answer.denominator
    if not carried.spent:
        carried.shape = from_day(carried.shape, answer, next_day(last_day))


def _follow(costs: Costs, name: str, before: Shape, after: tuple[date, Shape]) -> Asking:
    """The obligation that assets follow is measured anew: caught up, or restarted."""
    day, shape = after
    for carried in costs.assets:
        if not carried.follows or carried.obligation != name:
            continue
        if shape.progress is Progress.COUNTED and same_measure(before, shape):
            carried.shape = new_measure(carried.shape, before, shape)
        else:
            first_day = shape.counts_from or shape.starts or day
            yield from _settle(costs, carried, day_before(first_day))
            carried.shape = shape
        costs.timeline.publish(day, carried)


def _modify(costs: Costs, modification: Modification) -> Asking:
    """A change of the contract ends some of what costs were incurred for, or all of it.

    What is replaced by something else goes on: its costs benefit what takes its place.
    """
    first_day = modification.new_terms_from or modification.on
    last_day = max(day_before(first_day), day_before(modification.on))
    day = max(modification.on, last_day)
    over = yield from _nothing_left(costs, modification, day)
    for carried in costs.assets:
        withdrawn = carried.obligation in modification.withdraws
        ended = withdrawn and not modification.adds
        shorter = shortened_to(costs.history, modification, carried)
        if withdrawn and not ended and carried.follows:
            # What takes its place is counted in other units: time goes on measuring the rest.
            shorter = term(costs.history, modification.on) or last_day
        if over or ended or (shorter is not None and shorter <= last_day):
            what = carried.obligation if ended and not over else "the contract"
            because = f"{modification.id} ends {what}"
            yield from _derecognize(costs, carried, last_day, day, because)
        elif shorter is not None:
            yield from _settle(costs, carried, last_day)
            _amortize_until(costs, carried, shorter, "shortened_to", modification)
            costs.timeline.publish(day, carried)


def _nothing_left(
    costs: Costs, modification: Modification, day: date
) -> Generator[list[Question], list[Answer], bool]:
    """Whether the modification withdraws what was still to be transferred, all of it."""
    if not modification.withdraws:
        return False
    gone = {
        name
        for each in costs.history.modifications
        if each.on <= modification.on
        for name in each.withdraws
    }
    going = promised(costs.history, modification.on).keys() - gone
    live = [
        each
        for each in costs.accounting.segments
        if each.obligation in going and each.valid_from <= day <= each.valid_to
    ]
    if going - {each.obligation for each in live} or any(each.as_used for each in live):
        return False
    answers = yield [
        Question(contract=costs.contract, obligation=each.obligation, shape=each.shape, day=day)
        for each in live
    ]
    return all(answer.numerator >= answer.denominator for answer in answers)


def _derecognize(costs: Costs, carried: Carried, last_day: date, day: date, because: str) -> Asking:
    """Write off what is carried after the last day served."""
    yield from _settle(costs, carried, last_day)
    lost = costs.money(carried.left)
    carried.impaired += carried.left
    carried.left, carried.derecognized = 0, True
    decision = derecognition(costs.contract, carried.id, on=day, because=because, written_off=lost)
    carried.decisions.append(costs.record(decision))
    costs.timeline.publish(day, carried)


def _review(costs: Costs, review: ContractCostReview) -> Asking:
    """Another period of benefit, for the time to come."""
    last_day = day_before(review.applies_from or review.on)
    day = max(review.on, last_day)
    for carried in _reviewed(costs, review):
        yield from _settle(costs, carried, last_day)
        _amortize_until(costs, carried, review.benefit_end or last_day, "until", review)
        costs.timeline.publish(day, carried)


def _amortize_until(
    costs: Costs,
    carried: Carried,
    last_day: date,
    rule: str,
    because: Modification | ContractCostReview,
) -> None:
    """Spread what is left to another day; at once if that day is past."""
    basis = because.reason if isinstance(because, Modification) else because.basis
    decision = explain_period(
        costs.contract,
        carried,
        because.on,
        last_day,
        rule=rule,
        basis=": ".join(filter(None, (because.id, basis))),
    )
    carried.decisions.append(costs.record(decision))
    carried.shape, carried.follows = until(carried.shape, last_day), False
    first_day = carried.shape.starts
    if first_day is None or first_day > last_day:
        carried.amortized += carried.left
        carried.left, carried.spent = 0, True


def _test(costs: Costs, review: ContractCostReview) -> Asking:
    """Whether what is carried at the end of the day can still be recovered."""
    contract = costs.history.contract
    tested = [each for each in _reviewed(costs, review) if not each.spent]
    answers = yield [costs.ask(each, review.on) for each in tested]
    carrying = {
        each.name: each.left - round_ratio(each.left * answer.numerator, answer.denominator)
        for each, answer in zip(tested, answers, strict=True)
    }
    expected = in_minor(contract, review.id, review.expected_consideration or Decimal(0))
    costs_to_come = in_minor(contract, review.id, review.expected_costs)
    losses = impairment(carrying, expected, costs_to_come)
    if not losses and costs.policy.value("impaired_contract_costs") == "recover":
        forgone = {
            each.name: each.forgone - round_ratio(each.forgone * done.numerator, done.denominator)
            for each, done in zip(tested, answers, strict=True)
        }
        losses = recovery(carrying, forgone, expected, costs_to_come)
    explained = explain_impairment(contract.id, contract.currency, review, carrying, losses)
    decision = costs.record(explained)
    for each, answer in zip(tested, answers, strict=True):
        if loss := losses.get(each.name):
            _settle_at(each, answer, review.on)
            each.impaired += loss
            each.left -= loss
            each.forgone += loss
            each.decisions.append(decision)
            costs.timeline.publish(review.on, each)


def _reviewed(costs: Costs, review: ContractCostReview) -> list[Carried]:
    return [each for each in costs.assets if not review.costs or each.id in review.costs]
