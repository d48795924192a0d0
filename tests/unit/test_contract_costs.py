"""Contract costs, rule by rule; by hand, in cents and atoms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.asc340.amortization import (
    COMPLETE,
    benefit_period,
    from_day,
    measured,
    measures_of,
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
from revrec.asc340.impairment import derecognition, explain_impairment, impairment
from revrec.asc340.recognition import (
    Conclusion,
    Outcome,
    explain_cost,
    explain_shares,
    fulfil,
    in_scope,
    obtain,
    within_a_year,
)
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.costs import (
    AmortizationPattern,
    ContractCost,
    ContractCostReview,
    CostPurpose,
    ExpensedFulfilment,
)
from revrec.model.decision import Answer, Progress, Segment, Shape, Stream
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.money import Money
from revrec.periods import FOREVER

JAN, FEB, JUL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 7, 1)
JUN_30, DEC_31, NEXT = date(2026, 6, 30), date(2026, 12, 31), date(2027, 12, 31)
EVEN, TRANSFER = "even_months", AmortizationPattern.PATTERN_OF_TRANSFER


def cost(amount: str = "120", **told) -> ContractCost:
    """A commission of New Year's Day."""
    usual = {"id": "K", "contract": "C", "on": JAN, "incremental": True}
    return ContractCost(**{**usual, **told}, amount=Decimal(amount))


def obligation(name: str = "x", **told) -> PerformanceObligation:
    """Service."""
    return PerformanceObligation(id=name, product=name, measure=Measure.DAYS, **told)


def history(*costs: ContractCost, **told) -> ContractHistory:
    """A contract of 2026 for x, with what happened to it."""
    contract = Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=told.pop("inception", JAN),
        end=told.pop("end", DEC_31),
        obligations=told.pop("obligations", (obligation(),)),
        consideration=(),
    )
    return ContractHistory(contract, costs=list(costs), **told)


def changed(on: date, **told) -> Modification:
    """A modification."""
    return Modification(id=f"M {on}", contract="C", on=on, **told)


def segment(name: str = "x", shape: Shape | None = None, **told) -> Segment:
    """Revenue of an obligation from New Year's Day on."""
    usual = {
        "contract": "C",
        "component": "fixed",
        "product": name,
        "currency": "USD",
        "valid_from": JAN,
        "valid_to": FOREVER,
        "price": 1000,
    }
    return Segment(obligation=name, shape=shape or COUNT, **{**usual, **told})


COUNT = Shape(progress=Progress.COUNTED, starts=JAN, ends=DEC_31, counts_from=JAN, whole=10, cap=10)


def time(progress=Progress.EVEN_MONTHS, starts=JAN, ends=DEC_31) -> Shape:
    """Service between two days."""
    return Shape(progress=progress, starts=starts, ends=ends)


@pytest.mark.parametrize(
    ("told", "known", "expected"),
    [
        ({}, {}, (JAN, DEC_31)),
        ({"on": FEB}, {}, (FEB, DEC_31)),
        ({"on": date(2025, 12, 1)}, {}, (JAN, DEC_31)),
        ({"benefit_start": JUL, "benefit_end": NEXT}, {}, (JUL, NEXT)),
        ({"benefit_end": NEXT, "renewal_commission_commensurate": True}, {}, (JAN, DEC_31)),
        ({"benefit_end": JUN_30, "renewal_commission_commensurate": True}, {}, (JAN, JUN_30)),
        (
            {"benefit_end": NEXT, "renewal_commission_commensurate": True},
            {"end": None},
            (JAN, NEXT),
        ),
        ({"benefit_end": JAN}, {}, (JAN, JAN)),
        (
            {"obligation": "x"},
            {"obligations": (obligation(start=FEB, end=JUN_30), obligation("y"))},
            (FEB, JUN_30),
        ),
        ({"obligation": "y"}, {"obligations": (obligation(), obligation("y"))}, (JAN, DEC_31)),
    ],
)
def test_what_a_cost_benefits(told, known, expected):
    """The obligation's days, else the contract's; anticipated renewals, if nobody pays for them."""
    assert benefit_period(history(**known), cost(**told)) == expected


def test_a_benefit_without_an_end_or_before_its_beginning_is_refused():
    """The field to correct is named."""
    with pytest.raises(UnsupportedTerm, match="contract C benefits from cost K: it has no end"):
        benefit_period(history(end=None), cost())
    with pytest.raises(ContractError, match="benefits 2026-07-01 to 2026-06-30"):
        benefit_period(history(), cost(on=JUL, benefit_end=JUN_30))


@pytest.mark.parametrize(
    ("told", "segments", "expected"),
    [
        ({}, [segment()], time()),
        ({"pattern": AmortizationPattern.DAYS}, [segment()], time(Progress.DAYS)),
        ({"pattern": TRANSFER}, [segment()], COUNT),
        ({"pattern": TRANSFER}, [], time()),
        # Known by the cost or by inception, the latest of that.
        (
            {"pattern": TRANSFER, "on": FEB},
            [
                segment(),
                segment(shape=COUNT._replace(whole=12), valid_from=FEB),
                segment(shape=COUNT._replace(whole=13), valid_from=JUL),
            ],
            COUNT._replace(whole=12),
        ),
        ({"pattern": TRANSFER, "on": FEB}, [segment(valid_from=JUL)], time(starts=FEB)),
        ({"pattern": TRANSFER, "on": date(2025, 12, 1)}, [segment()], COUNT),
        # Time, in its own grain where costs have it.
        ({"pattern": TRANSFER}, [segment(shape=time(Progress.DAYS))], time(Progress.DAYS)),
        ({"pattern": TRANSFER}, [segment(shape=time(Progress.SECONDS))], time()),
        # Renewals are not counted by anybody.
        ({"pattern": TRANSFER, "benefit_end": NEXT}, [segment()], time(ends=NEXT)),
        ({"pattern": TRANSFER, "benefit_end": JUN_30}, [segment()], COUNT),
        (
            {"pattern": TRANSFER, "benefit_end": JUL},
            [segment(shape=COUNT._replace(ends=None, lapses=JUN_30))],
            time(ends=JUL),
        ),
        (
            {"pattern": TRANSFER, "benefit_end": NEXT},
            [segment(shape=COUNT._replace(ends=None))],
            time(ends=NEXT),
        ),
    ],
)
def test_the_basis_of_amortisation(told, segments, expected):
    """Time over the benefit, or the progress of what the cost is for."""
    assert measured(history(), cost(**told), EVEN, segments) == expected


LIVE = [segment(), segment("y", time())]
TWO = {"obligations": (obligation(), obligation("y"))}


@pytest.mark.parametrize(
    ("told", "segments", "found"),
    [
        ({}, LIVE, LIVE),
        ({"benefit_end": DEC_31}, LIVE, LIVE),
        ({"benefit_end": NEXT}, LIVE, []),
        ({"benefit_start": JAN}, LIVE, []),
        ({"obligation": "x"}, LIVE, []),
        ({"pattern": AmortizationPattern.DAYS}, LIVE, []),
        ({}, [*LIVE, segment("y", as_used=True)], []),
        ({}, [*LIVE, segment("y", COMPLETE)], LIVE),
        ({}, [*LIVE, segment("y", valid_from=FEB)], LIVE),
        ({"on": FEB}, [*LIVE, segment("y", valid_from=FEB)], [*LIVE, segment("y", valid_from=FEB)]),
        ({}, [*LIVE, segment("y", valid_to=JAN)], [*LIVE, segment("y", valid_to=JAN)]),
        ({"on": FEB}, [*LIVE, segment("y", valid_to=JAN)], LIVE),
    ],
)
def test_who_shares_a_cost_of_the_whole_contract(told, segments, found):
    """What is in force on the day, where the cost follows the transfer of several."""
    assert shared_by(history(**TWO), cost(**told), TRANSFER, segments) == found
    assert shared_by(history(), cost(**told), TRANSFER, segments) == []


def test_weights_are_prices_still_to_be_earned():
    """1,000 with a quarter earned and 500 with a third, 100 more of x: 850 and 1000/3."""
    live = [segment(), segment("y", price=500), segment(price=100)]
    answers = [Answer(1, 4, 0), Answer(1, 3, 0), Answer(0, 1, 0)]

    assert still_to_transfer(live, answers) == {"x": 2550, "y": 1000}
    assert still_to_transfer([segment(price=-5)], [Answer(0, 1, 0)]) == {"x": 0}


def test_the_obligation_of_a_cost():
    """The one it names, or the only one there is when it is incurred."""
    later = history(modifications=[changed(FEB, adds=(obligation("y"),))])

    assert related(history(), cost(obligation="z")) == "z"
    assert related(later, cost()) == "x"
    assert related(later, cost(on=FEB)) == ""


def test_measures_of_an_obligation_in_order():
    """Each change once, from its day on; not what is over, priced by use or another's."""
    twelve = COUNT._replace(whole=12)
    segments = [
        segment(shape=twelve, valid_from=JUL),
        segment(),
        segment(shape=COUNT, valid_from=FEB),
        segment(shape=COMPLETE, valid_from=date(2026, 3, 1)),
        segment(as_used=True, shape=time(), valid_from=date(2026, 4, 1)),
        segment("y", time(), valid_from=date(2026, 5, 1)),
        segment(shape=time(), valid_from=JUL),
    ]

    assert measures_of(segments, "x") == [(JAN, COUNT), (JUL, twelve)]
    assert measures_of([], "x") == []


@pytest.mark.parametrize(
    ("shape", "answer", "expected"),
    [
        (time(), Answer(1, 2, 0), time(starts=FEB)),
        (time(starts=JUL), Answer(0, 1, 0), time(starts=JUL)),
        (
            COUNT._replace(entitled=20),
            Answer(4, 10, 5),
            COUNT._replace(counts_from=FEB, whole=6, cap=6, entitled=15),
        ),
        (COUNT, Answer(10, 10, 12), COUNT._replace(counts_from=FEB, whole=1, cap=1)),
        (
            COUNT._replace(entitled=10, counts_from=JUL),
            Answer(0, 10, 10),
            COUNT._replace(counts_from=JUL, entitled=1),
        ),
    ],
)
def test_what_is_left_of_a_measure(shape, answer, expected):
    """From February on; at least one unit of a count."""
    assert from_day(shape, answer, FEB) == expected


SCHEDULE = Shape(
    progress=Progress.SCHEDULE,
    starts=JAN,
    ends=DEC_31,
    whole=100,
    knots=((date(2025, 12, 31), 0), (date(2026, 1, 31), 20), (FEB, 30), (DEC_31, 100)),
)


def test_what_is_left_of_a_schedule():
    """A fifth was reached: 30 x 5 - 100 and 100 x 5 - 100 of what is left."""
    left = from_day(SCHEDULE, Answer(1, 5, 0), FEB)

    assert left == SCHEDULE._replace(
        starts=FEB, whole=400, knots=((date(2026, 1, 31), 0), (FEB, 50), (DEC_31, 400))
    )
    assert from_day(SCHEDULE, Answer(0, 1, 0), FEB) == SCHEDULE
    paused = SCHEDULE._replace(done=Fraction(1, 5))
    assert from_day(paused, Answer(1, 5, 0), FEB) == paused


def test_another_end():
    """Time as it was; a count goes on by months from where it began to count."""
    assert until(time(Progress.DAYS), JUN_30) == time(Progress.DAYS, ends=JUN_30)
    assert until(COUNT._replace(counts_from=FEB), JUN_30) == time(starts=FEB, ends=JUN_30)
    assert until(SCHEDULE, JUN_30) == time(ends=JUN_30)


def test_the_same_count():
    """Another total is the same measure; another day or unit is not."""
    assert same_measure(COUNT, COUNT._replace(whole=99, cap=99))
    for other in ({"counts_from": FEB}, {"starts": FEB}, {"counted_in": "amount"}):
        assert not same_measure(COUNT, COUNT._replace(**other))


def test_what_is_promised_and_until_when_is_as_known_on_the_day():
    """A modification counts on its day."""
    told = history(
        modifications=[
            changed(FEB, adds=(obligation("y"),), end=JUN_30),
            changed(JUL, revises=(obligation(end=JUL),)),
        ]
    )
    eve = date(2026, 1, 31)

    assert (set(promised(told, eve)), set(promised(told, FEB))) == ({"x"}, {"x", "y"})
    assert (promised(told, JUN_30)["x"].end, promised(told, JUL)["x"].end) == (None, JUL)
    assert (term(told, eve), term(told, FEB), term(told, JUL)) == (DEC_31, JUN_30, JUN_30)


def carried(**told) -> Carried:
    """120 of which 30 are amortised."""
    usual = {"capitalized": 120, "amortized": 30, "left": 90, "is_asset": True, "shape": time()}
    return Carried(cost=told.pop("cost", cost()), obligation="x", **{**usual, **told})


@pytest.mark.parametrize(
    ("of", "amount", "catch_up", "expected"),
    [
        # Capitalized, amortized, impaired, left.
        ({}, 40, False, (160, 30, 0, 130)),
        ({}, 40, True, (160, 40, 0, 120)),  # a quarter of it for the time past
        ({}, -40, True, (80, 20, 0, 60)),
        ({}, -100, False, (20, 20, 0, 0)),  # more than is carried
        ({}, -90, False, (30, 30, 0, 0)),
        ({"amortized": 0, "left": 0, "capitalized": 0}, 40, True, (40, 0, 0, 40)),
        ({"spent": True, "left": 0, "amortized": 120}, 40, True, (160, 160, 0, 0)),
        ({"derecognized": True, "left": 0, "impaired": 90}, 40, False, (160, 30, 130, 0)),
        ({"derecognized": True, "left": 0, "impaired": 90}, -100, False, (20, 20, 0, 0)),
    ],
)
def test_more_of_a_cost_or_less(of, amount, catch_up, expected):
    """Spread over what is left, caught up where elected, expense where nothing is left."""
    asset = carried(**of)
    adjust(asset, amount, catch_up=catch_up)

    assert (asset.capitalized, asset.amortized, asset.impaired, asset.left) == expected


def test_no_more_is_given_back_than_was_incurred():
    """All of it may be."""
    told = cost("-120", id="K2", adjusts="K")
    check_adjustment("C", told, 12000, -12000)
    with pytest.raises(ContractError) as refusal:
        check_adjustment("C", told, 11999, -12000)

    assert "gives back 12,000 of K, of which 11,999 were incurred" in refusal.value.message


def test_another_total_moves_what_is_left_as_much():
    """6 of 10 left: 13 expected make it 9; at least one stays."""
    own = COUNT._replace(counts_from=FEB, whole=6, cap=6, baseline=3, entitled=15)
    before = COUNT._replace(entitled=20)
    after = COUNT._replace(whole=13, entitled=22, starts=FEB, ends=NEXT, lapses=NEXT)

    assert new_measure(own, before, after) == Shape(
        progress=Progress.COUNTED,
        starts=FEB,
        ends=NEXT,
        counts_from=FEB,
        baseline=3,
        cap=9,
        whole=9,
        entitled=17,
        lapses=NEXT,
    )
    least = new_measure(own, before, COUNT._replace(whole=1, entitled=1))
    assert (least.whole, least.cap, least.entitled) == (1, 1, 1)
    assert new_measure(own, COUNT, after).entitled == 15
    assert new_measure(own, before, COUNT).entitled == 15
    assert new_measure(own._replace(entitled=None), before, after).entitled is None


@pytest.mark.parametrize(
    ("modification", "of", "found"),
    [
        (changed(FEB, end=JUN_30), {}, JUN_30),
        (changed(FEB, end=NEXT), {}, None),
        (changed(FEB, price_change=Decimal(1)), {}, None),
        (changed(FEB, end=JUN_30), {"follows": True}, None),
        (changed(FEB, end=JUN_30), {"shape": time(ends=None)}, None),
        (changed(FEB, end=JUN_30), {"shape": time(ends=JUN_30)}, None),
        (changed(FEB, end=JUN_30), {"shape": time(ends=JUL)}, JUN_30),
        (
            changed(FEB, revises=(obligation(end=JUN_30),)),
            {"cost": cost(obligation="x")},
            JUN_30,
        ),
        (changed(FEB, revises=(obligation(end=JUN_30),)), {}, None),
    ],
)
def test_an_earlier_end_shortens_the_benefit(modification, of, found):
    """Of the contract, or of the obligation the cost is for; a later end lengthens nothing."""
    told = history(modifications=[modification])

    assert shortened_to(told, modification, carried(**of)) == found
    open_ended = history(end=None, modifications=[modification])
    if modification.end == JUN_30 and not of:
        assert shortened_to(open_ended, modification, carried()) == JUN_30


@pytest.mark.parametrize(
    ("carrying", "expected", "costs", "losses"),
    [
        ({"a": 90, "b": 30}, 200, 80, {}),
        ({"a": 90, "b": 30}, 200, 81, {"a": 1, "b": 0}),
        ({"a": 90, "b": 30}, 100, 20, {"a": 30, "b": 10}),
        ({"a": 90, "b": 30}, 10, 20, {"a": 90, "b": 30}),
    ],
)
def test_what_cannot_be_recovered_is_lost(carrying, expected, costs, losses):
    """Beyond the consideration less the costs to come, by what is carried."""
    assert impairment(carrying, expected, costs) == losses


def test_the_test_is_a_decision():
    """With its amounts and, where told, its basis."""
    review = ContractCostReview(
        id="R",
        contract="C",
        on=FEB,
        expected_consideration=Decimal(1),
        expected_costs=Decimal(2),
        basis="budget",
    )
    lost = explain_impairment("C", "USD", review, {"a": 90, "b": 30}, {"b": 10, "a": 30})
    kept = explain_impairment("C", "USD", review, {"a": 90}, {})

    assert (lost.step, lost.paragraphs, lost.outcome) == (
        0,
        ("340-40-35-3", "340-40-35-4"),
        "impaired",
    )
    assert lost.sentence == (
        "Costs carried at 1.20 USD are tested against 1 still expected less 2 of costs (budget): "
        "0.40 USD is lost: a 0.30 USD, b 0.10 USD."
    )
    assert (kept.paragraphs, kept.outcome) == (("340-40-35-3", "340-40-35-6"), "not impaired")
    assert kept.sentence.endswith("(budget): nothing is lost, and nothing taken back.")


def test_what_is_written_off_says_why():
    """The amount and the reason."""
    told = derecognition("C", "K", on=FEB, because="M ends x", written_off=Money(90, "USD"))

    assert (told.step, told.sentence) == (0, "K is written off, 0.90 USD: M ends x.")


def test_another_period_of_benefit_is_a_decision():
    """With its basis, where one is told."""
    told = explain_period("C", carried(), FEB, JUN_30, rule="until", basis="churn")
    bare = explain_period("C", carried(), FEB, JUN_30, rule="until", basis="")

    assert told.step == 0
    assert told.sentence == (
        "What is left of K is amortised to 2026-06-30 (churn): a change of estimate, for the time "
        "to come only."
    )
    assert "2026-06-30: a change" in bare.sentence


@pytest.mark.parametrize(
    ("amount", "expensed", "catch_up", "told"),
    [
        (40, False, True, "0.40 USD of K is added, caught up for the time amortised."),
        (40, False, False, "0.40 USD of K is added, spread over what is left."),
        (-40, False, False, "0.40 USD of K is given back, spread over what is left."),
        (0, True, True, "0.00 USD of K is added, expensed like the cost itself."),
    ],
)
def test_an_adjustment_is_a_decision(amount, expensed, catch_up, told):
    """What is done with how much."""
    found = explain_adjustment(
        "C",
        cost(id="K2", adjusts="K"),
        Money(amount, "USD"),
        expensed=expensed,
        catch_up=catch_up,
    )

    assert (found.step, found.sentence) == (0, f"K2: {told}")
    assert found.inputs == {"cost": "K2", "adjusts": "K", "amount": str(Money(amount, "USD"))}


ASSET, EXPENSE = Outcome.ASSET, Outcome.EXPENSE
GENERAL = ExpensedFulfilment.GENERAL_AND_ADMINISTRATIVE


@pytest.mark.parametrize(
    ("judge", "told", "outcome", "paragraphs"),
    [
        (obtain, {}, ASSET, ("340-40-25-1", "340-40-25-2")),
        (obtain, {"recoverable": False}, EXPENSE, ("340-40-25-1",)),
        (obtain, {"incremental": False}, EXPENSE, ("340-40-25-2", "340-40-25-3")),
        (obtain, {"incremental": False, "chargeable": True}, ASSET, ("340-40-25-3",)),
        (fulfil, {"enhances_resources": True}, ASSET, ("340-40-25-5", "340-40-25-7")),
        (fulfil, {}, EXPENSE, ("340-40-25-5",)),
        (
            fulfil,
            {"enhances_resources": True, "expensed_as": GENERAL},
            EXPENSE,
            ("340-40-25-8",),
        ),
        (
            fulfil,
            {"enhances_resources": True, "expensed_as": GENERAL, "chargeable": True},
            ASSET,
            ("340-40-25-5", "340-40-25-7"),
        ),
        (
            fulfil,
            {
                "enhances_resources": True,
                "expensed_as": ExpensedFulfilment.WASTED,
                "chargeable": True,
            },
            EXPENSE,
            ("340-40-25-8",),
        ),
    ],
)
def test_what_becomes_of_a_cost(judge, told, outcome, paragraphs):
    """An asset or an expense, on its paragraphs."""
    found = judge(cost(**told))

    assert (found.outcome, found.paragraphs) == (outcome, paragraphs)


def test_another_topic_comes_first():
    """Of a cost of fulfilling, 25-5 says so too."""
    assert in_scope(cost()) is None
    assert in_scope(cost(other_topic="330")).paragraphs == ("340-40-15-3",)
    fulfilling = cost(other_topic="330", purpose=CostPurpose.FULFIL)
    assert in_scope(fulfilling).paragraphs == ("340-40-15-3", "340-40-25-5")
    assert in_scope(fulfilling).outcome is Outcome.ELSEWHERE


@pytest.mark.parametrize(
    ("told", "months", "outcome"),
    [
        ({}, 12, EXPENSE),
        ({}, Fraction(121, 10), ASSET),
        ({"purpose": CostPurpose.FULFIL}, 12, ASSET),
    ],
)
def test_the_expedient_is_for_a_year_or_less(told, months, outcome):
    """Of a cost of obtaining, that would be an asset."""
    conclusion = Conclusion(ASSET, ("340-40-25-1",), "so")

    assert within_a_year(conclusion, cost(**told), Fraction(months)).outcome is outcome
    expense = Conclusion(EXPENSE, ("340-40-25-2",), "so")
    assert within_a_year(expense, cost(), Fraction(1)) is expense


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "K, 1.20 USD for obtaining the contract, is an asset: so."),
        (
            {"obligation": "x", "payee": "Bo", "purpose": CostPurpose.FULFIL},
            "K to Bo, 1.20 USD for fulfilling the contract of x, is an asset: so.",
        ),
    ],
)
def test_a_cost_is_a_decision(told, sentence):
    """What is done with which cost, and why."""
    found = explain_cost("C", cost(**told), Money(120, "USD"), Conclusion(ASSET, ("p",), "so"))

    assert (found.step, found.paragraphs, found.sentence) == (0, ("p",), sentence)


def test_shares_are_a_decision():
    """In the order of their names."""
    shares = {"y": Money(2, "USD"), "x": Money(1, "USD")}
    found = explain_shares("C", cost(), shares)

    assert found.step == 0
    assert found.inputs == {"cost": "K", "obligations": "x, y"}
    assert found.sentence.endswith("still to be earned, x 0.01 USD, y 0.02 USD.")


def adjusting(**told) -> ContractCost:
    """Another cost that adjusts the first."""
    return cost("-1", id="K2", adjusts="K", **told)


@pytest.mark.parametrize(
    ("costs", "wrong"),
    [
        ([cost(), cost()], "K of contract C is told more than once."),
        ([cost(), adjusting(on=date(2025, 12, 31))], "K2 of contract C adjusts K, which is no"),
        ([adjusting()], "K2 of contract C adjusts K, which is no cost"),
        (
            [cost(), adjusting(), cost("1", id="K3", adjusts="K2")],
            "K3 of contract C adjusts K2, which is no",
        ),
        ([cost("-1")], "K of contract C of -1 is below zero and adjusts no other cost."),
        ([cost(shared={"D": Decimal(1)}, currency="USD")], "is shared by D and not by the"),
        (
            [cost(shared={"C": Decimal(0)}, currency="USD")],
            "is shared by weights that are not positive.",
        ),
        (
            [cost(shared={"C": Decimal(2), "D": Decimal(-1)}, currency="USD")],
            "is shared by weights that are not positive.",
        ),
        ([cost(shared={"C": Decimal(1)})], "is shared and names no currency."),
        ([cost(currency="EUR")], "is in EUR, not in USD."),
        ([cost(obligation="z")], "is for z, which is not promised by then."),
    ],
)
def test_costs_that_contradict_themselves_are_refused(costs, wrong):
    """The first contradiction is named."""
    with pytest.raises(ContractError) as refusal:
        check_costs(history(*costs))

    assert wrong in refusal.value.message


def test_costs_that_fit():
    """Adjusted on their own day, of nothing, shared with a weight of nothing, for x."""
    shared = {"C": Decimal(0), "D": Decimal(1)}
    check_costs(
        history(
            cost(obligation="x"),
            adjusting(),
            cost("0", id="K4"),
            cost(id="K5", shared=shared, currency="USD"),
        )
    )


def review(**told) -> ContractCostReview:
    """A review of February."""
    return ContractCostReview(**{"id": "R", "contract": "C", "on": FEB, **told})


def test_reviews_are_of_costs_that_are_known_and_never_reach_back():
    """A cost of the day is known."""
    check_costs(history(cost(on=FEB), cost_reviews=[review(costs=("K",), applies_from=FEB)]))
    for told, wrong in (
        (review(costs=("Z",)), "names Z, which is no cost"),
        (review(costs=("K",), on=date(2026, 1, 31)), "names K, which is no cost"),
        (review(applies_from=date(2026, 1, 31)), "applies from 2026-01-31: estimates never reach"),
    ):
        with pytest.raises(ContractError, match=wrong):
            check_costs(history(cost(on=FEB), cost_reviews=[told]))


def test_a_contract_bears_its_part_of_a_shared_cost():
    """A third of 1.00 is 0.33, and 0.34 for whoever comes first."""
    contract = history().contract
    shared = cost("1.00", shared={"B": Decimal(1), "C": Decimal(1), "D": Decimal(1)})

    assert amount_of(contract, shared) == 33
    assert amount_of(contract, cost("1.00")) == 100


def test_amounts_of_costs_are_those_of_the_currency_and_not_too_large():
    """Ten trillions are kept, on either side of zero."""
    contract = history().contract

    assert in_minor(contract, "K", Decimal(-(10**13))) == -(10**15)
    with pytest.raises(ContractError, match=r"Cost K of contract C: 0\.001 USD has more"):
        in_minor(contract, "K", Decimal("0.001"))
    with pytest.raises(ContractError, match="beyond the largest amount kept, 10,000,000,000,000"):
        in_minor(contract, "K", Decimal(-(10**13) - 1))


def test_a_cost_is_carried_in_full_on_its_day():
    """Amortisation begins on the next; a change closes what was and goes on."""
    timeline = CostTimeline(history().contract)
    asset = carried(amortized=0, left=120)
    timeline.publish(JAN, asset)
    asset.amortized, asset.left, asset.shape = 60, 60, time(starts=JUL)
    timeline.publish(JUL, asset)
    found = [
        (each.stream, each.valid_from, each.valid_to, each.price, each.shape.progress)
        for each in timeline.segments()
    ]
    even, over = Progress.EVEN_MONTHS, Progress.COMPLETE

    assert found == [
        (Stream.COST_AMORTIZED, date(2026, 1, 2), JUN_30, 120, even),
        (Stream.COST_CAPITALIZED, JAN, FOREVER, 120, over),
        (Stream.COST_AMORTIZED, JUL, FOREVER, 60, over),
        (Stream.COST_AMORTIZED, JUL, FOREVER, 60, even),
    ]


def test_what_never_was_in_force_is_no_segment():
    """Changed on its first day."""
    timeline = CostTimeline(history().contract)
    asset = carried(amortized=0, left=120)
    timeline.publish(JAN, asset)
    asset.shape = time(ends=JUN_30)
    timeline.publish(JAN, asset)
    other = carried(cost=cost(id="Z"), amortized=0, left=120)
    timeline.publish(FEB, other)

    assert [(each.component, each.shape.ends) for each in timeline.segments()] == [
        ("K", None),
        ("K", JUN_30),
        ("Z", None),
        ("Z", DEC_31),
    ]


def test_a_loss_of_the_first_day_is_a_loss_of_that_day():
    """Only what is still to be amortised waits for the next."""
    timeline = CostTimeline(history().contract)
    timeline.publish(JAN, carried(amortized=0, left=0, impaired=120))

    assert {each.valid_from for each in timeline.segments()} == {JAN}


@pytest.mark.parametrize("of", [{"whole": 10**36}, {"entitled": 10**36}])
def test_a_count_beyond_exact_arithmetic_is_refused(of):
    """Of the whole or of the entitlement: 10 times 10^36 fits, 11 times not."""
    timeline = CostTimeline(history().contract)
    shape = COUNT._replace(**of)
    timeline.publish(JAN, carried(capitalized=10, amortized=0, left=10, shape=shape))
    with pytest.raises(UnsupportedTerm, match="Cost K of contract C, -11 in minor units, times"):
        timeline.publish(JAN, carried(capitalized=11, amortized=0, left=-11, shape=shape))


def test_the_name_of_a_part_of_a_cost():
    """With its obligation, where it has one."""
    assert carried().name == "K"
    assert carried(cost=cost(obligation="x")).name == "K of x"
    assert COMPLETE.progress is Progress.COMPLETE
