"""Measures of a scenario that are read from its terms, facts and outlook, in minor units.

What follows from revenue to date and from balances is in ``check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from revrec.asc606.allocation import participants
from revrec.asc606.licenses import right_to_use
from revrec.asc606.standalone_selling_price import Books
from revrec.asc606.standalone_selling_price import standalone_selling_price as price_alone
from revrec.citations import cites
from revrec.disclosure.earlier_performance import from_earlier_performance
from revrec.engine import Accounting, counted
from revrec.errors import FeedError
from revrec.feeds.scenario import Expectation, Measured
from revrec.ledger.kinds import KINDS
from revrec.ledger.outlook import in_force, scheduled
from revrec.ledger.subledger import Subledger
from revrec.model.contract import CountedIn, Measure, PerformanceObligation
from revrec.model.decision import Progress, Question, Segment
from revrec.model.history import Book, ContractHistory
from revrec.model.policy import Account
from revrec.money import QUANTITY_SCALE, minor_digits
from revrec.periods import Period, day_before, months_of
from revrec.recognition.arithmetic import Arithmetic


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A scenario's facts and what the engine made of them."""

    book: Book
    accounting: Accounting
    subledger: Subledger
    posted: dict[Period, list[dict[str, Any]]] = field(default_factory=dict)
    """What a close of a month would have posted in all, once it was asked for."""


@dataclass(frozen=True, slots=True)
class Promise:
    """An obligation in its latest terms, with the day and the service its price is for."""

    obligation: PerformanceObligation
    priced_on: date
    first_day: date
    last_day: date | None


def promises(history: ContractHistory, on: date) -> Mapping[str, Promise]:
    """Obligations as promised, added or restated by the end of the day, by id."""
    contract = history.contract
    found = {
        each.id: Promise(each, contract.inception, each.start or contract.first_day, each.end)
        for each in contract.obligations
    }
    last_day = contract.end
    for modification in history.modifications:
        if modification.on > on:
            continue
        last_day = modification.end or last_day
        begins = modification.new_terms_from or modification.on
        for each in (*modification.adds, *modification.revises):
            found[each.id] = Promise(each, modification.on, each.start or begins, each.end)
    for exercise in history.exercises:
        for each in exercise.buys if exercise.on <= on else ():
            found[each.id] = Promise(each, exercise.on, each.start or exercise.on, each.end)
    return {
        name: Promise(each.obligation, each.priced_on, each.first_day, each.last_day or last_day)
        for name, each in found.items()
    }


@cites("606-10-32-31", "606-10-32-33", "606-10-55-44")
def standalone_selling_price(run: Run, expectation: Expectation) -> Fraction:
    """The price of what is narrowed to, sold alone; a residual has none of its own (32-34c)."""
    _, on = expectation.days
    prices = [
        _alone(run, history, each)
        for history in _histories(run.book, expectation)
        for each in promises(history, on).values()
        if expectation.obligation in (None, each.obligation.id) and not each.obligation.residual
    ]
    return _sum_of_some(prices, expectation)


@cites("606-10-32-31")
def relative_ssp(run: Run, expectation: Expectation) -> Fraction:
    """The obligation's part of all selling prices that share its contract's price: a ratio."""
    _, on = expectation.days
    shares = []
    for history in _histories(run.book, expectation):
        promised = promises(history, on)
        amounts = list(history.contract.consideration)
        for modification in history.modifications:
            amounts += modification.adds_consideration if modification.on <= on else ()
        offered = [each.obligation for each in promised.values()]
        names = [each.id for each in participants(offered, amounts) if not each.residual]
        if expectation.obligation in names:
            alone = {name: _alone(run, history, promised[name]) for name in names}
            whole = sum(alone.values(), Fraction(0))
            scale = 10 ** minor_digits(history.contract.currency)
            shares.append(Fraction(alone[expectation.obligation], whole) * scale)
    return _sum_of_some(shares, expectation)


def _alone(run: Run, history: ContractHistory, promise: Promise) -> Fraction:
    price = price_alone(
        promise.obligation,
        history.contract,
        Books(run.book.selling_prices, run.book.policy),
        on=promise.priced_on,
        first_day=promise.first_day,
        last_day=promise.last_day,
    )
    return Fraction(price)


@cites("606-10-55-17")
def revenue_per_unit(run: Run, expectation: Expectation) -> Fraction:
    """Price in force over the units it is for: what a unit of the obligation earns."""
    if expectation.obligation is None:
        raise FeedError(
            "Revenue per unit is that of one obligation: rates of several do not add up.",
            remedy="Name the obligation.",
            field="expected.obligation",
        )
    _, on = expectation.days
    rates = [
        Fraction(segment.price * 10**QUANTITY_SCALE, segment.shape.whole)
        for segment in run.accounting.recognised.segments
        if segment.valid_from <= on <= segment.valid_to
        and _by_unit(segment)
        and expectation.contract in (None, segment.contract)
        and expectation.obligation in (None, segment.obligation)
        and expectation.component in (None, segment.component)
    ]
    return _sum_of_some(rates, expectation)


def _by_unit(segment: Segment) -> bool:
    shape = segment.shape
    return shape.progress is Progress.COUNTED and shape.counted_in == CountedIn.QUANTITY


@cites("606-10-55-20")
def cost_of_sales(run: Run, expectation: Expectation) -> Fraction:
    """Costs incurred on obligations measured by them, and of goods transferred."""
    first, last = expectation.days
    costs: list[Fraction] = []
    for history in _histories(run.book, expectation):
        scale = 10 ** minor_digits(history.contract.currency)
        for name, each in promises(history, last).items():
            if each.obligation.measure is Measure.COSTS and expectation.obligation in (None, name):
                costs += [
                    Fraction(delivery.quantity) * scale
                    for delivery in history.deliveries
                    if delivery.obligation == name
                    and (first is None or first <= delivery.on)
                    and delivery.on <= last
                ]
                costs.append(Fraction(0))
    return _sum_of_some([*costs, *_goods_sold(run, expectation)], expectation)


def _goods_sold(run: Run, expectation: Expectation) -> Iterator[Fraction]:
    """Cost of goods transferred, less what is expected back (606-10-55-23)."""
    first, last = expectation.days
    before = None if first is None else day_before(first)
    for row in run.subledger.query("select * from accrual").to_pylist():
        kind = KINDS[row["stream"]]
        if (
            Account.COST_OF_SALES in (kind.debit, kind.credit)
            and expectation.contract in (None, row["contract"])
            and expectation.obligation in (None, row["obligation"])
            and row["day"] in (last, before)
        ):
            sign = 1 if kind.debit is Account.COST_OF_SALES else -1
            yield Fraction(sign * int(row["amount"]) * (1 if row["day"] == last else -1))


@cites("606-10-25-31")
def progress_ratio(run: Run, expectation: Expectation) -> Fraction:
    """How far an obligation is under the terms in force; one when nothing of it is left."""
    _, on = expectation.days
    shapes = {
        (segment.contract, segment.obligation): segment.shape
        for segment in sorted(
            run.accounting.recognised.segments,
            key=lambda segment: segment.shape.progress is not Progress.COMPLETE,
        )
        if segment.valid_from <= on <= segment.valid_to
        and not (segment.as_used or segment.shape.counter)
        and expectation.contract in (None, segment.contract)
        and expectation.obligation in (None, segment.obligation)
        and expectation.component in (None, segment.component)
    }
    if len(shapes) > 1:
        raise FeedError(
            "Progress is that of one obligation: ratios of several do not add up.",
            remedy="Name the contract and the obligation.",
            field="expected.obligation",
        )
    questions = [
        Question(contract=contract, obligation=obligation, shape=shape, day=on)
        for (contract, obligation), shape in shapes.items()
    ]
    with Arithmetic(counted(run.book)) as arithmetic:
        answers = arithmetic.progress(questions)
    ratios = [
        Fraction(
            answer.numerator
            * 10 ** minor_digits(run.book.histories[question.contract].contract.currency),
            answer.denominator,
        )
        for question, answer in zip(questions, answers, strict=True)
    ]
    return _sum_of_some(ratios, expectation)


@cites("606-10-32-34", "606-10-32-35")
def residual_rejected(run: Run, expectation: Expectation) -> Fraction:
    """The residual for which a contract was refused; zero if it was not."""
    return sum(
        (
            Fraction(str(error.attributes["residual_minor"]))
            for contract, error in run.accounting.refused.items()
            if expectation.contract in (None, contract)
            and "residual_minor" in error.attributes
            and expectation.obligation in (None, error.attributes.get("obligation"))
        ),
        Fraction(0),
    )


@cites("606-10-50-13")
def remaining_in_window(run: Run, expectation: Expectation) -> Fraction:
    """Price not yet recognised on a day that the passing of time will earn in the window.

    What is used or delivered has no schedule and falls in no window.
    """
    window = expectation.window
    if window is None:
        raise FeedError("A window of remaining obligations needs `window`.", field="window")
    _, on = expectation.days
    before = max(day_before(window.first), on)
    if window.last <= before:
        return Fraction(0)
    table = scheduled(
        run.accounting.recognised.segments, in_force(run.subledger.query, on), [before, window.last]
    )
    segments = run.accounting.recognised.segments
    total = 0
    for row in table.to_pylist():
        segment = segments[row["segment"]]
        if (
            expectation.contract in (None, segment.contract)
            and expectation.obligation in (None, segment.obligation)
            and expectation.component in (None, segment.component)
        ):
            total += row["revenue"] if row["day"] == window.last else -row["revenue"]
    return Fraction(total)


@cites("606-10-25-3")
def contract_term_months(run: Run, expectation: Expectation) -> Fraction:
    """Months of service in the enforceable term in force on a day."""
    _, on = expectation.days
    months = []
    for history in _histories(run.book, expectation):
        name, currency = history.contract.id, history.contract.currency
        accounted = run.accounting.contracts.get(name)
        known = [each for each in accounted.terms if each[0] <= on] if accounted else []
        if known:
            _, first, last = known[-1]
            months.append(months_of(first, last) * 10 ** minor_digits(currency))
    return _sum_of_some(months, expectation)


def timings(book: Book) -> Mapping[tuple[str, str], str]:
    """How each obligation is satisfied (606-10-50-5): at a point in time, or over time."""
    return {
        (name, obligation): ("point_in_time" if _at_once(each.obligation) else "over_time")
        for name, history in book.histories.items()
        for obligation, each in promises(history, date.max).items()
    }


def _at_once(obligation: PerformanceObligation) -> bool:
    return obligation.measure is Measure.POINT_IN_TIME or right_to_use(obligation)


def _histories(book: Book, expectation: Expectation) -> Iterator[ContractHistory]:
    for name, history in book.histories.items():
        if expectation.contract in (None, name):
            yield history


def _sum_of_some(values: list[Fraction], expectation: Expectation) -> Fraction:
    """The sum; FeedError where nothing was found to measure, which is not the same as zero."""
    if not values:
        raise FeedError(
            f"Nothing in the scenario has a {expectation.measure} "
            f"(contract {expectation.contract}, obligation {expectation.obligation}).",
            remedy="Name a contract and an obligation that have one.",
            field="expected",
        )
    return sum(values, Fraction(0))


@cites("606-10-50-12A")
def revenue_from_prior_period_performance(run: Run, expectation: Expectation) -> Fraction:
    """Revenue of the period for what was transferred before it: changed prices and estimates."""
    first, last = expectation.days
    if first is None:
        raise FeedError(
            "Revenue from performance in earlier periods is that of a period.",
            remedy="Give `period`.",
            field="expected.period",
        )
    counts = counted(run.book)
    chosen = {
        name: accounting.segments
        for name, accounting in run.accounting.contracts.items()
        if expectation.contract in (None, name)
    }
    found = from_earlier_performance(chosen, counts, first=first, last=last)
    return Fraction(
        sum(
            amount
            for (_, obligation, component), amount in found.items()
            if expectation.obligation in (None, obligation)
            and expectation.component in (None, component)
        )
    )


def contra_revenue(run: Run, expectation: Expectation) -> Fraction:
    """What some vendors show apart: by how much revenue of earlier periods was taken back.

    A view of theirs; under the Topic it lowers revenue of the period (606-10-32-43).
    """
    return max(-revenue_from_prior_period_performance(run, expectation), Fraction(0))


READ: Mapping[Measured, Callable[[Run, Expectation], Fraction]] = {
    "standalone_selling_price": standalone_selling_price,
    "relative_ssp": relative_ssp,
    "revenue_per_unit": revenue_per_unit,
    "cost_of_sales": cost_of_sales,
    "residual_rejected": residual_rejected,
    "progress_ratio": progress_ratio,
    "contract_term_months": contract_term_months,
    "revenue_from_prior_period_performance": revenue_from_prior_period_performance,
    "contra_revenue": contra_revenue,
}
"""Measure -> how it is read, in minor units of the contract's currency."""
