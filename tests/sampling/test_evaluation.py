"""What a sample says: worked by hand, and on populations whose misstatement is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from revrec.errors import Conflict
from revrec.model.sample import (
    Population,
    Sample,
    SampleItem,
    SampleMethod,
    SampleResult,
    SampleUnit,
)
from revrec.sampling import attributes, monetary, variables
from revrec.sampling.evaluation import evaluate
from revrec.sampling.monetary import Audited
from tests.properties.profiles import TORTURE

NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
CONFIDENCE = Fraction(95, 100)


def runs(*, commit, torture):
    """How often a simulation samples."""
    return torture if TORTURE else commit


def sample(method, items, *, strata, parameters=(), currency="USD"):
    """A sample of items given as (stratum, recorded)."""
    return Sample(
        id="S-1",
        method=method,
        unit=SampleUnit.EVENT if method is SampleMethod.ATTRIBUTE else SampleUnit.POSTING,
        seed=1,
        parameters={"confidence": "19/20", **dict(parameters)},
        population=Population(
            query="", count=sum(count for count, _ in strata.values()), total=0,
            currency=currency, sha256="", ledger_total=0, chain_seq=0, chain_head="",
            strata=strata,
        ),
        drawn_at=NOW,
        drawn_by="iris",
        items=tuple(
            SampleItem(number=number, item=str(number), place=number, stratum=stratum, hit=0,
                       amount=amount, detail={})
            for number, (stratum, amount) in enumerate(items, start=1)
        ),
    )  # fmt: skip


def found(*audited, deviates=False):
    """Results by number; amounts of None are of events."""
    return {
        number: SampleResult(
            number=number, audited=each, deviates=deviates and number == 1, note="", at=NOW, by=""
        )
        for number, each in enumerate(audited, start=1)
    }


def test_the_guides_arithmetic_by_hand():
    """Interval 10,000.00. 100 of 1,000 wrong (10%), 500 of 500 (100%), 3,000 of a certain 20,000.

    Projected 1,000 + 10,000; basic 3.00 x 10,000; incremental (4.75 - 3.00 - 1) x 10,000 for the
    greater taint and (6.30 - 4.75 - 1) x 1,000 for the smaller.
    """
    items = [
        Audited(stratum="interval", recorded=100_000, audited=90_000),
        Audited(stratum="interval", recorded=50_000, audited=0),
        Audited(stratum="interval", recorded=70_000, audited=70_000),
        Audited(stratum="certain", recorded=2_000_000, audited=1_700_000),
    ]

    over, under = monetary.limits(items, 1_000_000, CONFIDENCE, sampled=True)

    assert (300_000, 1_100_000, 3_000_000, 750_000 + 55_000) == (
        over.known, over.projected, over.basic_precision, over.incremental,
    )  # fmt: skip
    assert 5_205_000 == over.upper
    assert (0, 0, 3_000_000, 3_000_000) == (
        under.known, under.projected, under.basic_precision, under.upper,
    )  # fmt: skip


def test_a_population_of_certain_items_leaves_nothing_to_allow_for():
    """What is found is all there is."""
    items = [Audited(stratum="certain", recorded=2_000, audited=2_500)]

    over, under = monetary.limits(items, 1_000, CONFIDENCE, sampled=False)

    assert (0, 500) == (over.upper, under.upper)


def test_strata_are_judged_by_themselves():
    """Understated credits have their own limit; zeros are projected over their number."""
    told = [("interval", 500), ("negative_interval", -400), ("zero", 0), ("zero", 0)]
    strata = {"interval": (90, 9_000), "negative_interval": (5, -1_000), "zero": (8, 0)}
    bounds = {"interval_minor": "1000", "tolerable_minor": "3100"}
    drawn = sample(SampleMethod.MONETARY_UNIT, told, strata=strata, parameters=bounds)

    clean = evaluate(drawn, found(500, -400, 0, 0))
    off = evaluate(drawn, found(500, -500, 0, 10))

    assert clean.supported
    assert {"30.00 USD"} == {v for k, v in clean.figures.items() if k.endswith("_upper")}
    # A quarter understated: 0.25 x 1,000 x 4.75 - 0.25 x 1,000 x 3 is 437.5, with 3,000: 3,437.5.
    assert "34.38 USD" == off.figures["negatives_understated_upper"]
    assert "0.40 USD" == off.figures["zeros_projected"]
    assert not off.supported


def test_items_without_a_result_are_asked_for():
    """Nothing is taken to be right."""
    drawn = sample(SampleMethod.TARGETED, [("top", 500), ("top", 400)], strata={"all": (9, 900)})

    with pytest.raises(Conflict, match="1 of 2 items"):
        evaluate(drawn, {1: found(500)[1]})


def test_what_was_chosen_says_nothing_of_the_rest():
    """Known misstatement, and no conclusion."""
    drawn = sample(SampleMethod.TARGETED, [("top", 500), ("top", 400)], strata={"all": (9, 900)})

    made = evaluate(drawn, found(450, 410))

    assert made.supported is None
    assert ("0.50 USD", "0.10 USD") == (
        made.figures["overstated_known"], made.figures["understated_known"],
    )  # fmt: skip


def test_differences_are_projected_stratum_by_stratum():
    """2 of 10 small items off by 1 and 3: 2 each on average, 20. The large ones were all tested.

    Their spread is 2 (squares of 1 about the mean, over one), so the variance is 10 x 8 / 2 x 2.
    """
    items = [
        Audited(stratum="stratum_1", recorded=50, audited=49),
        Audited(stratum="stratum_1", recorded=50, audited=47),
        Audited(stratum="stratum_2", recorded=900, audited=800),
    ]

    made = variables.project(items, {"stratum_1": 10, "stratum_2": 1})

    assert (100, 20, Decimal(9)) == (made.known, made.projected, made.standard_error)


def test_few_differences_have_no_limit():
    """A sample of amounts without 20 of them projects and does not conclude."""
    told = [("stratum_1", 100)] * 30
    drawn = sample(
        SampleMethod.RANDOM, told, strata={"stratum_1": (300, 30_000)},
        parameters={"tolerable_minor": "5000"},
    )  # fmt: skip

    few = evaluate(drawn, found(*[90] * 19, *[100] * 11))
    enough = evaluate(drawn, found(*[90] * 20, *[100] * 10))

    assert (None, "19.00 USD") == (few.supported, few.figures["projected"])
    assert "upper" not in few.figures
    assert (True, "20.00 USD") == (enough.supported, enough.figures["projected"])


def test_a_control_is_judged_by_its_upper_rate():
    """No deviation among 59 supports 5%, one does not; an occurrence tested whole is what it is."""
    told = [("all", 0)] * 59
    bounds = {"tolerable_percent": "5"}
    drawn = sample(
        SampleMethod.ATTRIBUTE, told, strata={"all": (4_000, 0)}, parameters=bounds, currency=""
    )
    whole = replace(drawn, population=replace(drawn.population, count=59))
    none, one = found(*[None] * 59), found(*[None] * 59, deviates=True)

    assert [True, False, True] == [
        evaluate(drawn, none).supported,
        evaluate(drawn, one).supported,
        evaluate(whole, one).supported,
    ]
    assert "1.70" == evaluate(whole, one).figures["upper_percent"]


def _population(dice, share):
    """2,000 skewed amounts of which some are overstated, by a share of their sum in all."""
    amounts = [int(dice.lognormvariate(7, 1.2)) + 1 for _ in range(2_000)]
    audited, wrong, target = list(amounts), 0, int(sum(amounts) * share)
    for place in dice.sample(range(2_000), 2_000):
        if wrong >= target:
            break
        taint = dice.choice([1.0, 0.5, 0.2])
        audited[place] = amounts[place] - min(int(amounts[place] * taint), target - wrong)
        wrong += amounts[place] - audited[place]
    return amounts, audited, wrong


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_the_limit_covers_what_is_wrong_as_often_as_it_says(share):
    """At 95% confidence known misstatement is above the limit in no more than 5% of samples."""
    times, missed = runs(commit=200, torture=10_000), 0
    dice = Random(int(share * 100))
    for seed in range(times):
        amounts, audited, wrong = _population(dice, share)
        interval = monetary.plan(sum(amounts) // 20, confidence=CONFIDENCE).units
        items = [
            Audited(stratum=x.stratum, recorded=amounts[x.place], audited=audited[x.place])
            for x in monetary.select(amounts, interval, seed, zeros=0)
        ]
        over, _ = monetary.limits(items, interval, CONFIDENCE, sampled=True)
        missed += over.upper < wrong
    allowed = times * 0.05 + 3 * (times * 0.05 * 0.95) ** 0.5
    assert missed <= allowed


def test_a_population_misstated_by_what_is_tolerated_is_rarely_accepted():
    """All of it in whole items: accepted in some 5% of samples, not more."""
    times, accepted = runs(commit=300, torture=10_000), 0
    dice = Random(1)
    for seed in range(times):
        amounts = [100] * 2_000
        tolerable = 10_000
        wrong = set(dice.sample(range(2_000), tolerable // 100))
        interval = monetary.plan(tolerable, confidence=CONFIDENCE).units
        items = [
            Audited(stratum=x.stratum, recorded=100, audited=0 if x.place in wrong else 100)
            for x in monetary.select(amounts, interval, seed, zeros=0)
        ]
        over, _ = monetary.limits(items, interval, CONFIDENCE, sampled=True)
        accepted += over.upper <= tolerable
    assert accepted <= times * 0.05 + 3 * (times * 0.05 * 0.95) ** 0.5


def test_the_binomial_limit_covers_the_rate_as_often_as_it_says():
    """Deviations at 4% in samples of 60: the upper rate is below 4% in no more than 5%."""
    times, missed = runs(commit=1_000, torture=20_000), 0
    dice = Random(2)
    for _ in range(times):
        deviations = sum(dice.random() < 0.04 for _ in range(60))
        missed += attributes.rate(60, deviations, CONFIDENCE).upper < 4
    assert missed <= times * 0.05 + 3 * (times * 0.05 * 0.95) ** 0.5
