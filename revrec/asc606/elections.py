"""What the facts of a contract come to under the elections of a book, before anything is decided.

Topic 606 and IFRS 15 share their rules but for a few, and both are read from the same facts. What
differs is elected (``revrec/policies/ifrs15.yaml``); here a contract's facts become those that
every later rule reads the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

import msgspec

from revrec.asc606.licenses import right_to_use
from revrec.citations import cites
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.assessment import Criterion
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Told
from revrec.model.events import Estimate, EstimateStandard
from revrec.model.history import ContractHistory
from revrec.model.payable import NonCash, NonCashReceipt
from revrec.model.performance import Nature
from revrec.model.policy import Policy
from revrec.money import from_minor, round_ratio, to_minor

_PERCENT = Decimal(100)


class _Elected(msgspec.Struct):
    """A contract while its facts are read by the policy, and what was decided."""

    history: ContractHistory
    policy: Policy
    decisions: list[Decision] = []
    fulfils: set[str] = set()
    """Promises of shipping that are part of fulfilling others."""

    @property
    def contract(self) -> Contract:
        return self.history.contract

    def say(self, rule: tuple[str, ...], on: date, outcome: str, sentence: str) -> None:
        """Record a decision; ``rule`` is step, name and paragraphs."""
        step, name, *paragraphs = rule
        self.decisions.append(
            Decision(
                contract=self.contract.id,
                on=on,
                step=int(step),
                rule=name,
                paragraphs=tuple(paragraphs),
                told=Told(
                    inputs={"elected": outcome},
                    outcome=outcome,
                    sentence=sentence,
                ),
            )
        )


@cites("606-10-25-1", "606-10-25-18B", "606-10-32-11", "606-10-32-21", "606-10-55-58C")
def read_elections(history: ContractHistory, policy: Policy) -> Sequence[Decision]:
    """Read a contract's facts in place as the policy has them; what was decided by it.

    A contract whose facts contradict each other keeps its refusal, as with ``read_promises``.
    """
    elected = _Elected(history, policy)
    try:
        collectible(elected)
        passed(elected)
        promised(elected)
        measured_at_receipt(elected)
    except ContractError as error:
        history.refusal = error
    return elected.decisions


@cites("606-10-25-1")
def collectible(elected: _Elected) -> None:
    """Whether collection is probable enough, where the facts say how probable it is (25-1e).

    Above the elected probability the criterion is met. Probable is "likely to occur" under Topic
    606 and "more likely than not" under IFRS 15.9(e). Raises ContractError for what is no
    probability.
    """
    history = elected.history
    contract = elected.contract
    told = contract.collection_probability
    if told is not None:
        unmet = _unmet(elected, contract.unmet_criteria, told, contract.inception)
        history.contract = replace(contract, unmet_criteria=unmet)
    if history.assessments:
        history.assessments = [
            each
            if each.collection_probability is None
            else replace(
                each, unmet=_unmet(elected, each.unmet, each.collection_probability, each.on)
            )
            for each in history.assessments
        ]


def _unmet(
    elected: _Elected, told: Iterable[Criterion], probability: Decimal, on: date
) -> tuple[Criterion, ...]:
    if not 0 <= probability <= 1:
        raise ContractError(
            f"Contract {elected.contract.id} tells a probability of collection of {probability}.",
            citation="606-10-25-1",
            remedy="Give a number from 0 to 1, such as 0.8.",
            contract=elected.contract.id,
            field="collection_probability",
        )
    bound = Decimal(elected.policy.value("collectibility_probable").removesuffix("%"))
    met = probability * _PERCENT > bound
    others = [each for each in told if each is not Criterion.COLLECTIBILITY]
    elected.say(
        ("1", "collectible", "606-10-25-1"),
        on,
        "probable" if met else "not probable",
        f"Collection is {probability * _PERCENT:f}% likely, which is "
        f"{'above' if met else 'not above'} the {bound:f}% from which it is probable.",
    )
    return tuple(others if met else [*others, Criterion.COLLECTIBILITY])


@cites("606-10-32-11")
def passed(elected: _Elected) -> None:
    """Estimates that passed the constraint of the standard elected, and those that pass both."""
    history = elected.history
    if not history.estimates:
        return
    standard = EstimateStandard(elected.policy.value("estimates_standard"))
    kept = [each for each in history.estimates if each.standard in (None, standard)]
    # On one day an estimate for a standard goes before one that holds for both.
    own = {_of(each) for each in kept if each.standard is not None}
    history.estimates = [each for each in kept if each.standard or _of(each) not in own]


def _of(estimate: Estimate) -> tuple[date, str | None, str | None]:
    return estimate.on, estimate.consideration, estimate.obligation


@cites("606-10-25-18B", "606-10-55-58", "606-10-55-58C", "606-10-55-59")
def promised(elected: _Elected) -> None:
    """Promises as the elections on licenses and on shipping make them."""
    history = elected.history
    contract = elected.contract
    first = _read_each(contract.obligations, elected, contract.inception)
    if first is not contract.obligations:
        history.contract = replace(contract, obligations=first)
    changed = []
    for each in history.modifications:
        adds = _read_each(each.adds, elected, each.on)
        revises = _read_each(each.revises, elected, each.on)
        same = adds is each.adds and revises is each.revises
        changed.append(each if same else replace(each, adds=adds, revises=revises))
    history.modifications = changed
    if elected.fulfils:
        history.deliveries = [
            each for each in history.deliveries if each.obligation not in elected.fulfils
        ]


def _read_each(
    told: tuple[PerformanceObligation, ...], elected: _Elected, on: date
) -> tuple[PerformanceObligation, ...]:
    """The same tuple where nothing is read differently."""
    read = told
    for number, each in enumerate(told):
        if each.license is None and not each.shipping:
            continue
        found = renewed(elected, by_activities(elected, shipped(elected, each), on), on)
        if found is not each:
            read = (*read[:number], found, *read[number + 1 :])
    return read


@cites("606-10-55-58", "606-10-55-59", "606-10-55-60", "606-10-55-62")
def by_activities(
    elected: _Elected, obligation: PerformanceObligation, on: date
) -> PerformanceObligation:
    """Where so elected, the nature of a license follows what the licensor goes on doing.

    Topic 606 asks what is licensed, functional or symbolic; IFRS 15.B58 whether activities of the
    licensor significantly affect it, expose the customer to that, and transfer nothing else.
    """
    terms = obligation.license
    if terms is None or terms.activities_affect is None:
        return obligation
    elsewhere = obligation.measure is not Measure.LICENSE
    if elsewhere or elected.policy.value("licenses_of_ip") == "by_nature":
        return obligation
    access = terms.activities_affect
    nature = Nature.SYMBOLIC if access else Nature.FUNCTIONAL
    elected.say(
        ("2", "by_activities", "606-10-55-58"),
        on,
        "right to access" if access else "right to use",
        f"{obligation.id} is a right to {'access' if access else 'use'}: what the licensor goes on "
        f"doing {'significantly affects' if access else 'does not significantly affect'} it.",
    )
    return replace(obligation, license=replace(terms, nature=nature, must_update=False))


@cites("606-10-55-58C")
def renewed(
    elected: _Elected, obligation: PerformanceObligation, on: date
) -> PerformanceObligation:
    """When a right to use that is renewed is transferred: with its period, or when agreed.

    Topic 606 waits for the renewal's own period (55-58C). IFRS 15 has no such rule: the customer
    can use it already, so that control of more of it passes when the renewal is agreed.
    """
    terms = obligation.license
    later = obligation.start is not None and obligation.start > on
    if terms is None or not terms.renews or not later or not right_to_use(obligation):
        return obligation
    if elected.policy.value("license_renewals") == "with_the_period":
        return obligation
    elected.say(
        ("5", "renewed", "606-10-55-58C"),
        on,
        "when agreed",
        f"{obligation.id} renews a license in use: control of it passes on {on}, when agreed.",
    )
    return replace(obligation, start=on)


@cites("606-10-25-18B")
def shipped(elected: _Elected, obligation: PerformanceObligation) -> PerformanceObligation:
    """Shipping after control has passed: part of fulfilling by election, else a promise.

    IFRS 15 has no such election. Why it is no obligation is told where promises are read.
    """
    if not obligation.shipping or elected.policy.value("shipping_and_handling") != "fulfilling":
        return obligation
    elected.fulfils.add(obligation.id)
    return replace(obligation, transfers_nothing=True)


@cites("606-10-32-21", "606-10-32-23")
def measured_at_receipt(elected: _Elected) -> None:
    """Where so elected, what is not cash is worth what it is worth when it comes in.

    Topic 606 measures it at inception. IFRS 15.66 names no day; measured at receipt, the price
    moves with each receipt that tells its fair value, and what is still to come stays at
    inception's. One unit of the consideration becomes one unit of its currency.
    """
    contract, history = elected.contract, elected.history
    receipts = history.noncash_receipts
    if not receipts or elected.policy.value("noncash_consideration") == "at_inception":
        return
    valued = {each.consideration for each in receipts if each.fair_value is not None}
    moved = [each for each in contract.consideration if each.noncash and each.id in valued]
    for of in moved:
        _revalue(elected, of)


def _revalue(elected: _Elected, of: Consideration) -> None:
    contract, history = elected.contract, elected.history
    noncash = of.noncash
    assert noncash is not None
    if of.amount <= 0 or noncash.quantity <= 0:
        raise UnsupportedTerm(
            f"Consideration {of.id} of contract {contract.id} is of no worth at inception.",
            citation="606-10-32-21",
            remedy="Give the fair value at inception of what is still to come.",
            contract=contract.id,
            field=f"consideration.{of.id}.amount",
        )
    estimates, receipts = _measured(elected, of, noncash)
    others = [each for each in history.estimates if each.consideration != of.id]
    history.estimates = sorted([*others, *estimates], key=attrgetter("on", "id"))
    rest = [each for each in history.noncash_receipts if each.consideration != of.id]
    history.noncash_receipts = sorted([*rest, *receipts], key=attrgetter("on", "id"))
    told_as = replace(
        of,
        kind=ConsiderationKind.VARIABLE,
        # The stated price of a line is no longer one, now that it may change.
        obligation=of.obligation if of.kind is ConsiderationKind.VARIABLE else None,
        noncash=replace(noncash, quantity=of.amount),
    )
    consideration = [told_as if each.id == of.id else each for each in contract.consideration]
    history.contract = replace(contract, consideration=tuple(consideration))
    elected.say(
        ("3", "measured_at_receipt", "606-10-32-21"),
        contract.inception,
        "at receipt",
        f"{of.id} is measured when it comes in, and at inception's fair value until then.",
    )


def _measured(
    elected: _Elected, of: Consideration, noncash: NonCash
) -> tuple[list[Estimate], list[NonCashReceipt]]:
    """What is expected in all after each receipt and estimate, and what came in, in currency."""
    contract, history = elected.contract, elected.history
    scale = to_minor(Decimal(1), contract.currency)

    def worth(units: Fraction) -> Decimal:
        exact = units * Fraction(of.amount) * scale
        quantity = Fraction(noncash.quantity)
        minor = round_ratio(
            exact.numerator * quantity.denominator, exact.denominator * quantity.numerator
        )
        return from_minor(minor, contract.currency)

    expected, came, value = Fraction(noncash.quantity), Fraction(0), Decimal(0)
    estimates: list[Estimate] = []
    receipts: list[NonCashReceipt] = []
    events: list[Estimate | NonCashReceipt] = [*history.estimates, *history.noncash_receipts]
    for event in sorted(events, key=attrgetter("on", "id")):
        if event.consideration != of.id:
            continue
        if isinstance(event, Estimate):
            expected = expected if event.expected is None else Fraction(event.expected)
            told = event
        else:
            units = Fraction(event.quantity)
            fair = worth(units) if event.fair_value is None else event.fair_value
            came, value = came + units, value + fair
            receipts.append(replace(event, quantity=fair, fair_value=None))
            told = Estimate(
                id=f"{event.id} measured", contract=contract.id, on=event.on, consideration=of.id
            )
        left = worth(max(expected - came, Fraction(0)))
        estimates.append(replace(told, expected=value + left))
    return estimates, receipts
