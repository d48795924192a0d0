"""Step 1 as time passes: service that nobody left in time becomes enforceable (606-10-25-3)."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta

from revrec.asc606.allocation import participants, proportions
from revrec.asc606.pricing import Component, Restart, sharing
from revrec.asc606.standing import MAIN, Standing
from revrec.asc606.term import BY_COUNT, Renewal, Term, bounded, explain_renewal
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.model.decision import Answer, Question
from revrec.periods import day_before

Asking = Generator[list[Question], list[Answer], None]


@cites("606-10-25-3", "606-10-25-13")
def renew(standing: Standing, term: Term, told: Renewal) -> Asking:
    """Bring a renewal into the contract, for the charges of its service.

    What was earned stays; what is left of the time enforceable before is priced together with
    what is new. Promises that are not measured by time go on as they are.
    """
    renewal = bounded(term, told)
    if renewal is None:
        return
    standing.cut = max(standing.cut, day_before(renewal.on))
    first_day = standing.cut + timedelta(days=1)
    before = standing.last_day
    standing.last_day = renewal.last_day
    by_time = [each for each in term.promised.values() if each.measure not in BY_COUNT]
    served = [
        clipped
        for each in participants(by_time, term.contract.consideration)
        if (clipped := term.clipped(each, first_day, renewal.last_day)) is not None
        and (before is None or clipped.end is None or clipped.end > before)
    ]
    held = [standing.in_force[each.id] for each in served if each.id in standing.in_force]
    answers = yield [
        Question(contract=standing.contract.id, obligation=each.id, shape=each.shape,
                 day=standing.cut)
        for each in held
    ]  # fmt: skip
    earned = {each.id: answer for each, answer in zip(held, answers, strict=True)}
    price = term.price(renewal.first_day, renewal.last_day)
    term.spans.append((renewal.on, first_day, renewal.last_day))
    if not served and not price:
        return
    decision = standing.record(explain_renewal(term, renewal, price))
    products = {name: each.product for name, each in standing.known.items()}
    renewed: list[InForce] = []
    for terms in served:
        standing.known[terms.id] = terms
        standing.rest_on(terms.id, decision)
        bound = standing.bind(terms, MAIN, renewal.on, first_day)
        bound.left = term.part(terms)
        standing.in_force[terms.id] = bound
        renewed.append(bound)
    if renewed:
        _restart(standing, renewed, earned, products, price)
    standing.publish(max(renewal.on, standing.contract.inception))


def _restart(
    standing: Standing,
    renewed: list[InForce],
    earned: dict[str, Answer],
    products: dict[str, str],
    price: int,
) -> None:
    weights = proportions(standing.weights(renewed))
    if MAIN not in standing.components:
        standing.components[MAIN] = Component(
            id=MAIN, amount=0, weights=weights, since=len(standing.restarts)
        )
    names = {each.id for each in renewed}
    ended = {MAIN} | {
        each.id
        for each in standing.components.values()
        if not names.isdisjoint(sharing(each, standing.restarts))
    }
    standing.restarts.append(
        Restart(
            components=frozenset(ended),
            earned=earned,
            entitled={},
            weights=weights,
            changes={MAIN: price},
            products=products,
            untouched=frozenset(standing.in_force.keys() - names),
        )
    )
