"""How terms are read, rule by rule: prices per unit, agents, lots, variable amounts, rates."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from revrec.asc606.agent import retained_estimate
from revrec.asc606.control import _average
from revrec.asc606.financing import Terms, implicit_rate
from revrec.asc606.increments import relates_to
from revrec.asc606.lots import Entitlement, Pool, Use, draw, pools_of
from revrec.asc606.unit_price import unit_components
from revrec.feeds.policies import default_policy
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    Outcome,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import Estimate, Modification
from revrec.model.financing import Compounding
from revrec.model.history import ContractHistory
from revrec.model.price import Tier, TierBasis

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
LAST = date(2026, 12, 31)


def consideration(name: str = "price", **told: Any) -> Consideration:
    """A variable amount."""
    return Consideration(**{"id": name, "kind": ConsiderationKind.VARIABLE, **told})


@pytest.mark.parametrize(
    ("basis", "components"),
    [
        (None, {"price": True}),
        (TierBasis.ALL_UNITS, {"price": True, "price.rebate": True}),
        (TierBasis.NEXT_UNITS, {"price": False}),
        (TierBasis.OPTIONS, {"price": True, "price.tier-2": True, "price.tier-3": True}),
    ],
)
def test_components_of_a_price_per_unit(basis, components):
    """Whether each is priced as it is used; tiers that are options are one each."""
    ends = (Decimal(1), Decimal(2), None)
    tiers = tuple(Tier(up_to=each, unit_price=Decimal(1)) for each in ends)
    told = {"tiers": tiers, "tiers_price": basis} if basis else {"per_unit": True}

    assert unit_components(consideration(**told)) == components


def test_an_agents_outcomes_are_net():
    """Of 100 and 50 a fifth is kept; what is not an agent's stays."""
    told = Estimate(
        id="E",
        contract="C",
        on=JAN,
        consideration="price",
        outcomes=tuple(
            Outcome(amount=Decimal(amount), probability=Decimal("0.5")) for amount in (100, 50)
        ),
    )
    agent = {"price": consideration(retained_share=Decimal("0.2"))}
    found = retained_estimate(told, agent, "USD")

    assert [each.amount for each in found.outcomes] == [20, 10]
    assert found.amount is None
    assert retained_estimate(told, {"price": consideration()}, "USD") == told
    assert retained_estimate(told, {}, "USD") == told


@pytest.mark.parametrize(
    ("costs", "average"),
    [
        ([], None),
        ([(2, 5), (3, 5)], 5),
        ([(1, 10), (3, 2)], 4),  # 16 for 4
        ([(0, 10)], None),
    ],
)
def test_the_average_cost_of_a_unit(costs, average):
    """All that was told with a cost, by their number."""
    assert _average((Decimal(n), Decimal(cost)) for n, cost in costs) == average


def test_only_a_variable_amount_is_for_obligations_of_its_own():
    """A fixed price is shared, whatever line it is on."""
    fixed = consideration(kind=ConsiderationKind.FIXED, amount=Decimal(1), obligation="a")

    assert relates_to(fixed, {}) == ()
    assert relates_to(consideration(obligation="a"), {}) == ("a",)
    assert relates_to(consideration(), {}) == ()


def test_payments_that_are_the_price_bear_no_interest():
    """A rate of nothing, not of none."""
    terms = Terms({JAN: Fraction(100)}, {FEB: Fraction(1)}, Compounding.ANNUAL)

    assert implicit_rate(terms, Fraction(100)) == 0
    assert implicit_rate(terms, Fraction(10**6)) is None


def pool(*entitled: int, by_amount: bool = False) -> Pool:
    """Lots a, b, ... of so much each, for the year."""
    lots = [
        Entitlement(name=name, rank=0, first=JAN, lapses=LAST, last=LAST, entitled=each)
        for name, each in zip("ab", entitled, strict=False)
    ]
    return Pool(tuple(lots), by_amount=by_amount)


def drawn(of: Pool, *uses: tuple[date, int, int]) -> dict[str, tuple[int, int]]:
    """Lot -> quantity and amount drawn in all."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, use in draw(of, [Use(*each) for each in uses]):
        sums[name][0] += use.quantity
        sums[name][1] += use.amount
    return {name: (quantity, amount) for name, (quantity, amount) in sums.items()}


@pytest.mark.parametrize(
    ("of", "uses", "expected"),
    [
        # 10 and 5 of 15; the amount of a day is shared as its quantity is.
        (pool(10, 10), [(JAN, 15, 150)], {"a": (10, 100), "b": (5, 50)}),
        # What exceeds both belongs to the last.
        (pool(10, 10), [(JAN, 25, 250)], {"a": (10, 100), "b": (15, 150)}),
        # More comes back than was drawn: the first lot has less than nothing.
        (pool(10, 10), [(JAN, 15, 150), (FEB, -18, -180)], {"a": (-3, -30), "b": (0, 0)}),
        (pool(10), [(JAN, 3, 300), (FEB, -5, -500)], {"a": (-2, -200)}),
        # Counted in amounts, the quantity is what is shared.
        (pool(100, 100, by_amount=True), [(JAN, 15, 150)], {"a": (10, 100), "b": (5, 50)}),
        (pool(100, by_amount=True), [(JAN, 2, 40), (FEB, -4, -80)], {"a": (-2, -40)}),
        # In the order of days, whichever arrives first.
        (pool(10, 10), [(FEB, -5, -50), (JAN, 5, 50)], {"a": (0, 0)}),
    ],
)
def test_lots_give_and_take_back(of, uses, expected):
    """Quantity and amount of each lot at the end."""
    assert drawn(of, *uses) == expected


def lot(name: str, **usage: Any) -> PerformanceObligation:
    """A lot of the pool p, of 10 units."""
    terms = {"entitled": Decimal(10), "lot_of": "p", **usage}
    return PerformanceObligation(
        id=name,
        product="credits",
        measure=Measure.USAGE,
        meters=("credits",),
        usage=UsageTerms(**terms),
    )


def lots_of(*changes: Modification, **usage: Any) -> list[tuple[str, date, date]]:
    """Name, first and last day of the lots of a contract with a and b."""
    contract = Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=JAN,
        end=LAST,
        obligations=(lot("a", **usage), lot("b")),
        consideration=(),
    )
    history = ContractHistory(contract, modifications=list(changes))
    pools = pools_of(history, default_policy())
    return sorted((each.name, each.first, each.lapses) for each in pools["p"].lots)


def change(on: date, **told: Any) -> Modification:
    """A modification of the lots."""
    return Modification(id=f"M {on}", contract="C", on=on, **told)


def test_lots_end_with_their_terms():
    """A lot withdrawn lasts to the day before; one restated begins anew; one added begins then."""
    found = lots_of(
        change(FEB, withdraws=("a",)), change(MAR, revises=(lot("b"),), adds=(lot("c"),))
    )

    assert found == [
        ("a", JAN, date(2026, 1, 31)),
        ("b", JAN, date(2026, 2, 28)),
        ("b", MAR, LAST),
        ("c", MAR, LAST),
    ]


def test_a_lot_that_lapsed_before_is_not_made_longer():
    """Withdrawn in February, it had lapsed in the middle of January."""
    middle = date(2026, 1, 15)

    assert lots_of(change(FEB, withdraws=("a",)), lapses=middle)[0] == ("a", JAN, middle)


def test_new_terms_count_from_their_day_to_the_new_end():
    """Agreed in February for March on, with an end in June."""
    ends = date(2026, 6, 30)
    found = lots_of(change(FEB, new_terms_from=MAR, revises=(lot("a"),), end=ends))

    assert found == [("a", JAN, date(2026, 2, 28)), ("a", MAR, ends), ("b", JAN, LAST)]
