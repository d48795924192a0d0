"""Step 2: what the product catalogue answers, and which promises are no obligations."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from revrec.feeds.scenario import Scenario
from tests.scenarios.telling import (
    Told,
    accounted,
    as_of,
    contract,
    decisions,
    event,
    fixed,
    measured,
    revenue,
    scenario,
)

SEATS = {
    "id": "seats-2025",
    "product": "seats",
    "name": "Workspace seats",
    "effective_from": "2025-01-01",
    "measure": "even_months",
    "distinct_because": "sold alone to others",
}
SET_UP = {
    "id": "set-up-2025",
    "product": "set-up",
    "effective_from": "2025-01-01",
    "measure": "point_in_time",
    "transfers_nothing": True,
}
INTEGRATION = {
    "id": "integration-2025",
    "product": "integration",
    "effective_from": "2025-01-01",
    "measure": "costs",
    "distinct": False,
    "distinct_because": "customises the platform",
    "part_of": "seats",
}


def sold(*obligations: Told, **more: object) -> Scenario:
    """A contract of the year for 1,200 with these promises, read with the catalogue."""
    signed = contract(obligations, [fixed("1200.00")])
    return scenario(signed, products=[SEATS, SET_UP, INTEGRATION], **more)


def test_a_promise_takes_its_measure_from_the_product_and_says_so() -> None:
    """1,200 over twelve even months is 100 a month; the decision names the catalogue's version."""
    told = sold({"id": "seats", "product": "seats"})

    assert measured(told, revenue("2026-02")) == [100]
    (decision,) = decisions(told, "explain_defaults")
    assert decision.inputs["measure"] == "even_months (seats-2025)"


def test_what_the_contract_tells_overrides_the_product() -> None:
    """By days February has 28 of 365: 1,200 x 28 / 365 = 92.05."""
    told = sold({"id": "seats", "product": "seats", "measure": "days"})

    assert [str(each) for each in measured(told, revenue("2026-02"))] == ["92.05"]
    (decision,) = decisions(told, "explain_defaults")
    assert decision.inputs["measure"] == "days (contract)"


def test_the_version_in_force_at_inception_counts() -> None:
    """A version from June does not change a contract of January."""
    later = SEATS | {"id": "seats-2026", "effective_from": "2026-06-01", "measure": "days"}
    signed = contract([{"id": "seats", "product": "seats"}], [fixed("1200.00")])

    assert measured(scenario(signed, products=[SEATS, later]), revenue("2026-07")) == [100]


def test_two_versions_of_a_day_refuse_the_contract_and_no_other() -> None:
    """Which of them holds cannot be known."""
    twin = SEATS | {"id": "seats-other"}
    other = contract(
        [{"id": "a", "product": "a", "measure": "days"}], [fixed("365.00")], id="OTHER"
    )
    signed = contract([{"id": "seats", "product": "seats"}], [fixed("1200.00")])
    told = scenario(signed, products=[SEATS, twin], contracts=[signed, other])

    found = accounted(told)

    assert "seats-2025, seats-other" in str(found.refused["C"])
    assert list(found.contracts) == ["OTHER"]


def test_a_promise_without_a_measure_needs_its_product() -> None:
    """An unknown product cannot say how it is satisfied."""
    told = sold({"id": "gift", "product": "gift"})

    with pytest.raises(ContractError, match="no measure of progress"):
        measured(told, revenue("2026-01"))


def test_a_set_up_fee_is_an_advance_payment_for_the_service() -> None:
    """25-17, 55-51: 1,200 of access and 120 of set-up are 110 a month, none on the first day."""
    signed = contract(
        [{"id": "seats", "product": "seats"}, {"id": "set-up", "product": "set-up"}],
        [fixed("1200.00"), {"id": "start", "kind": "fixed", "amount": "120.00",
                            "obligation": "set-up"}],
    )  # fmt: skip
    told = scenario(signed, products=[SEATS, SET_UP])

    assert measured(told, revenue("2026-01"), as_of("transaction_price", "2026-01-31")) == [
        110,
        1320,
    ]
    assert [each.outcome for each in decisions(told, "explain_set_up")] == ["no obligation"]


def test_a_set_up_fee_is_shared_by_all_that_is_transferred() -> None:
    """120 of set-up beside access (900 alone) and training (300 alone) goes to both, 3 to 1."""
    signed = contract(
        [
            {"id": "seats", "product": "seats", "standalone_selling_price": "900.00"},
            {"id": "training", "product": "training", "measure": "point_in_time",
             "standalone_selling_price": "300.00"},
            {"id": "set-up", "product": "set-up"},
        ],
        [fixed("1200.00"), {"id": "start", "kind": "fixed", "amount": "120.00"}],
    )  # fmt: skip
    told = scenario(signed, products=[SEATS, SET_UP])

    allocated = measured(
        told,
        as_of("allocated_price", "2026-01-01", obligation="seats"),
        as_of("allocated_price", "2026-01-01", obligation="training"),
    )

    assert allocated == [990, 330]


def test_a_part_that_is_not_distinct_joins_its_obligation() -> None:
    """25-21: access at 900 and an integration at 300 alone are one obligation worth 1,200."""
    signed = contract(
        [
            {"id": "seats", "product": "seats", "standalone_selling_price": "900.00"},
            {"id": "build", "product": "integration", "standalone_selling_price": "300.00"},
            {"id": "training", "product": "training", "measure": "point_in_time",
             "standalone_selling_price": "400.00"},
        ],
        [fixed("1000.00", obligation="seats"),
         {"id": "work", "kind": "fixed", "amount": "200.00", "obligation": "build"}],
    )  # fmt: skip
    told = scenario(signed, products=[SEATS, INTEGRATION])

    allocated = measured(
        told,
        as_of("allocated_price", "2026-01-01", obligation="seats"),
        as_of("allocated_price", "2026-01-01", obligation="training"),
    )

    assert allocated == [900, 300]
    (decision,) = decisions(told, "explain_part")
    assert decision.outcome == "part of seats"
    assert "customises the platform" in decision.sentence


def test_the_contract_names_what_a_part_belongs_to() -> None:
    """With two platforms in the contract, the catalogue cannot know which one is customised."""
    seats = [{"id": f"seats-{each}", "product": "seats", "standalone_selling_price": "1.00"}
             for each in "ab"]  # fmt: skip
    work = {"id": "build", "product": "integration"}

    with pytest.raises(ContractError, match="several obligations"):
        measured(sold(*seats, work), revenue("2026-01"))
    assert measured(sold(*seats, work | {"part_of": "seats-b"}), revenue("2026-01")) == [100]


def test_parts_of_parts_end_at_an_obligation() -> None:
    """A part of a part joins the obligation at the end; a circle is refused."""
    told = [
        {"id": "core", "product": "core", "measure": "even_months"},
        {"id": "b", "product": "b", "part_of": "core"},
        {"id": "c", "product": "c", "part_of": "b"},
    ]
    circle = [told[0], told[1] | {"part_of": "c"}, told[2]]

    assert measured(sold(*told), revenue("2026-01")) == [100]
    with pytest.raises(ContractError, match="part of itself"):
        measured(sold(*circle), revenue("2026-01"))


def test_use_of_a_part_is_use_of_its_obligation() -> None:
    """A fee for calls through an integration is a fee for the day of use of the platform."""
    signed = contract(
        [{"id": "seats", "product": "seats", "usage": {"counted_in": "amount", "entitled": "0"}},
         {"id": "build", "product": "integration", "meters": ["calls"]}],
        [fixed("1200.00"), {"id": "calls", "kind": "usage", "obligation": "build"}],
    )  # fmt: skip
    used = event("usage", "2026-03-05", meter="calls", quantity="10", amount="7.00")
    told = scenario(signed, [used], products=[SEATS, INTEGRATION])

    assert measured(told, revenue("2026-03", obligation="seats", component="calls")) == [7]


def test_a_product_that_is_no_series_is_caught_up() -> None:
    """25-13b: half done, 1,200 raised by 600 gives (1,800 - 1,200) / 2 at once."""
    product = SEATS | {"series": False}
    signed = contract([{"id": "seats", "product": "seats"}], [fixed("1200.00")])
    change = event("modification", "2026-07-01", price_change="600.00")
    told = scenario(signed, [change], products=[product])
    series = signed | {"obligations": [{"id": "seats", "product": "seats", "series": True}]}

    # Six months of 100, then 300 of catch-up and 150 for the month.
    assert measured(told, revenue("2026-07")) == [450]
    # As a series, 600 + 600 are left for six months.
    assert measured(scenario(series, [change], products=[product]), revenue("2026-07")) == [200]


def test_a_residual_product_needs_no_price() -> None:
    """32-34c from the catalogue: 1,200 less 900 leaves 300 to the uncertain one."""
    product = SEATS | {"selling_price_method": "residual"}
    signed = contract(
        [{"id": "seats", "product": "seats"},
         {"id": "training", "product": "training", "measure": "point_in_time",
          "standalone_selling_price": "900.00"}],
        [fixed("1200.00")],
    )  # fmt: skip
    told = scenario(signed, products=[product])

    assert measured(told, as_of("allocated_price", "2026-01-01", obligation="seats")) == [300]


def test_an_assurance_takes_no_part_of_the_price() -> None:
    """55-32: 1,200 for a machine that is as agreed, warranted for a year, is all the machine's."""
    machine = {"id": "machine", "product": "machine", "measure": "point_in_time"}
    assured = {"id": "cover", "product": "cover", "measure": "days", "warranty": "assurance"}
    delivered = event("delivery", "2026-02-01", obligation="machine")
    told = scenario(contract([machine, assured], [fixed("1200.00")]), [delivered])

    assert measured(told, revenue("2026-02"), revenue("2026-03")) == [1200, 0]
    assert [each.outcome for each in decisions(told, "explain_assurance")] == ["no obligation"]


def test_a_warranty_that_is_a_service_is_an_obligation() -> None:
    """55-34: a machine (1,080 alone) and a year of service (120 alone) share 1,100, 9 to 1."""
    machine = {"id": "machine", "product": "machine", "measure": "point_in_time",
               "standalone_selling_price": "1080.00"}  # fmt: skip
    service = {"id": "cover", "product": "cover", "measure": "even_months",
               "standalone_selling_price": "120.00", "warranty": "service"}  # fmt: skip
    delivered = event("delivery", "2026-01-15", obligation="machine")
    told = scenario(contract([machine, service], [fixed("1100.00")]), [delivered])

    found = measured(told, revenue("2026-01", obligation="machine"), revenue("2026-02"))

    assert [str(each) for each in found] == ["990.00", "9.16"]


def test_a_warranty_with_a_price_of_its_own_is_no_assurance() -> None:
    """55-31: what is sold separately is a service."""
    machine = {"id": "machine", "product": "machine", "measure": "point_in_time"}
    assured = {"id": "cover", "product": "cover", "measure": "days", "warranty": "assurance"}
    extra = fixed("10.00", id="extra", obligation="cover")
    signed = contract([machine, assured], [fixed("1200.00"), extra])

    with pytest.raises(ContractError, match="price of its own"):
        measured(scenario(signed), revenue("2026-01"))


def test_a_discount_anyone_gets_is_no_right() -> None:
    """55-43: 30% off for holders when all get 30% off is an offer; nothing is deferred."""
    product = {"id": "product", "product": "a", "measure": "point_in_time",
               "standalone_selling_price": "100.00"}  # fmt: skip
    option = {"discount": "0.30", "offered_to_all": "0.30", "purchase": "50", "likelihood": "0.8"}
    voucher = {"id": "voucher", "product": "v", "measure": "point_in_time", "option": option}
    delivered = event("delivery", "2026-01-01", obligation="product")
    told = scenario(contract([product, voucher], [fixed("100.00")]), [delivered])

    assert measured(told, revenue("2026-01")) == [100]
    assert len(decisions(told, "explain_marketing_offer")) == 1
