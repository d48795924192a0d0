"""Step 2: lower tiers as the price of one contract, or as options (606-10-55-42 to 55-45)."""

from __future__ import annotations

from decimal import Decimal

from revrec.feeds.scenario import Scenario
from tests.scenarios.telling import (
    Told,
    as_of,
    contract,
    decisions,
    event,
    measured,
    revenue,
    scenario,
)

CALLS = {"id": "calls", "product": "calls", "measure": "units", "quantity": "2000"}
TIERS = [{"up_to": "1000", "unit_price": "0.10"}, {"unit_price": "0.04"}]
OPTIONS = {"lower_tiers": "options_on_later_purchases"}


def sold(*delivered: tuple[str, str], policy: Told | None = None, **more: object) -> Scenario:
    """Calls at 0.10, at 0.04 beyond a thousand; 2,000 are expected: 0.07 on average."""
    price = {"id": "price", "kind": "variable", "obligation": "calls", "tiers": TIERS,
             "tiers_price": "next_units", "expected_units": "2000"}  # fmt: skip
    events = [
        event("delivery", on, obligation="calls", quantity=quantity) for on, quantity in delivered
    ]
    changes = more.pop("changes", [])
    assert isinstance(changes, list)
    signed = contract([CALLS], [price | more])
    return scenario(signed, [*events, *changes], policy=policy or {})


def test_as_one_contract_all_units_earn_the_average() -> None:
    """The default: 600 x 0.07 = 42."""
    assert measured(sold(("2026-01-31", "600")), revenue("2026-01")) == [42]


def test_as_options_each_unit_earns_its_own_price() -> None:
    """600 at 0.10; then 400 at 0.10 and 500 at 0.04."""
    told = sold(("2026-01-31", "600"), ("2026-02-28", "900"), policy=OPTIONS)

    assert measured(told, revenue("2026-01"), revenue("2026-02")) == [60, 60]
    assert "no material right" in decisions(told, "unit_prices")[0].sentence


def test_a_material_right_is_averaged_by_the_practical_alternative() -> None:
    """55-45: with the options a material right, what is expected to be bought has one price."""
    told = sold(("2026-01-31", "600"), policy=OPTIONS, material_right=True)

    assert measured(told, revenue("2026-01")) == [42]


def test_a_contract_may_tell_its_tiers_as_options() -> None:
    """Whatever is elected for the others."""
    told = sold(("2026-01-31", "1500"), tiers_price="options")

    assert measured(told, revenue("2026-01"), as_of("rpo", "2026-01-31")) == [120, 0]


def test_units_taken_back_come_off_the_last_tier() -> None:
    """1,500 less 700 are 800, all of the first tier: 80 to date, 40 back."""
    told = sold(("2026-01-31", "1500"), ("2026-02-28", "-700"), policy=OPTIONS)

    assert measured(told, revenue("2026-01"), revenue("2026-02")) == [120, -40]


def test_tiers_go_on_through_a_modification() -> None:
    """700 before a restatement of the calls: 300 more have the first price, whatever follows."""
    restated = event("modification", "2026-02-01", revises=[CALLS])
    told = sold(("2026-01-31", "700"), ("2026-02-28", "800"), policy=OPTIONS, changes=[restated])

    found = measured(told, revenue("2026-01"), revenue("2026-02"))

    assert found == [70, Decimal(300) * Decimal("0.10") + Decimal(500) * Decimal("0.04")]
