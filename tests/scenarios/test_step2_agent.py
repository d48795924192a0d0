"""Step 2: principal or agent (606-10-55-36 to 55-40)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from revrec.errors import ContractError
from tests.scenarios.telling import as_of, contract, decisions, event, fixed, measured, revenue
from tests.scenarios.telling import scenario as told

ARRANGE = {"id": "meal", "product": "vouchers", "measure": "point_in_time"}
MODEL = {"id": "model", "product": "resold-model", "measure": "usage", "meters": ["tokens"]}


def test_an_agent_earns_what_it_keeps() -> None:
    """Example 48: of a voucher of 100 the entity keeps 30."""
    signed = contract([ARRANGE], [fixed("100.00", retained_share="0.30", obligation="meal")])
    scenario = told(signed, [event("delivery", "2026-01-01", obligation="meal")])

    assert measured(scenario, revenue("2026-01"), as_of("transaction_price", "2026-01-01")) == [
        30,
        30,
    ]
    (decision,) = decisions(scenario, "retained")
    assert "30.00 USD is kept and 70.00 USD is collected" in decision.sentence


def test_an_amount_kept_may_be_told_instead_of_a_share() -> None:
    """A commission of 12.50 of a price of 99."""
    signed = contract([ARRANGE], [fixed("99.00", retained_amount="12.50", obligation="meal")])
    scenario = told(signed, [event("delivery", "2026-01-01", obligation="meal")])

    assert measured(scenario, revenue("2026-01")) == [Decimal("12.50")]


def test_what_is_kept_is_rounded_once() -> None:
    """A third of 100.00 is not whole cents: 0.3333 x 100 = 33.33."""
    signed = contract([ARRANGE], [fixed("100.00", retained_share="0.3333", obligation="meal")])
    scenario = told(signed)

    assert [str(each) for each in measured(scenario, as_of("transaction_price", "2026-01-01"))] == [
        "33.33"
    ]


def test_an_agent_shares_its_net_price_with_its_other_promises() -> None:
    """Of 1,000, 200 is kept; with 600 of support (price alone 600, arranging 200) nothing moves."""
    signed = contract(
        [ARRANGE | {"standalone_selling_price": "200.00"},
         {"id": "support", "product": "support", "measure": "even_months",
          "standalone_selling_price": "600.00"}],
        [fixed("1000.00", retained_share="0.20", obligation="meal"),
         {"id": "support", "kind": "fixed", "amount": "600.00", "obligation": "support"}],
    )  # fmt: skip

    assert measured(
        told(signed),
        as_of("allocated_price", "2026-01-01", obligation="meal"),
        as_of("allocated_price", "2026-01-01", obligation="support"),
    ) == [200, 600]


def test_resold_capacity_is_net_of_the_provider_s_share() -> None:
    """Rated 10.01 and 20.02, 15% kept: 1.5015, then 4.5045 in all, rounded on the running total."""
    signed = contract(
        [MODEL], [{"id": "use", "kind": "usage", "obligation": "model", "retained_share": "0.15"}]
    )
    used = [
        event("usage", "2026-01-10", meter="tokens", quantity="1", amount="10.01"),
        event("usage", "2026-02-10", meter="tokens", quantity="2", amount="20.02"),
    ]

    found = measured(told(signed, used), revenue("2026-01"), revenue("2026-02"))

    assert [str(each) for each in found] == ["1.50", "3.00"]


def test_resold_capacity_is_net_of_the_provider_s_cost_by_line() -> None:
    """Lines tell what is owed: 10 less 7.25 and 20 less 16 are 6.75."""
    signed = contract(
        [MODEL | {"role": "agent"}], [{"id": "use", "kind": "usage", "obligation": "model"}]
    )
    used = [
        event("usage", "2026-01-10", meter="tokens", quantity="1", amount="10",
              for_principal="7.25"),
        event("usage", "2026-01-11", meter="tokens", quantity="2", amount="20",
              for_principal="16"),
    ]  # fmt: skip
    scenario = told(signed, used)

    assert [str(each) for each in measured(scenario, revenue("2026-01"))] == ["6.75"]
    assert len(decisions(scenario, "retained")) == 1


def test_a_corrected_day_takes_back_only_what_was_kept() -> None:
    """Rated 100 in January, 40 of it taken back in February, 25% kept: 25, then 10 back."""
    signed = contract(
        [MODEL], [{"id": "use", "kind": "usage", "obligation": "model", "retained_share": "0.25"}]
    )
    used = [
        event("usage", "2026-01-10", meter="tokens", quantity="1", amount="100"),
        event("usage", "2026-02-01", meter="tokens", quantity="-1", amount="-40"),
    ]

    assert measured(told(signed, used), revenue("2026-01"), revenue("2026-02")) == [25, -10]


def test_what_an_agent_kept_stays_when_the_use_is_repriced() -> None:
    """A modification restates the model: what 25% of 100 earned before it is 25 for good."""
    signed = contract(
        [MODEL], [{"id": "use", "kind": "usage", "obligation": "model", "retained_share": "0.25"}]
    )
    events = [
        event("usage", "2026-01-10", meter="tokens", quantity="1", amount="100"),
        event("modification", "2026-02-01", revises=[MODEL]),
        event("usage", "2026-02-10", meter="tokens", quantity="1", amount="60"),
    ]

    assert measured(told(signed, events), revenue("2026-01"), revenue("2026-02")) == [25, 15]


def test_a_new_estimate_of_a_gross_amount_is_net_too() -> None:
    """40% of an expected 1,000, then of 1,500: 400, then 600 for what was arranged."""
    signed = contract(
        [ARRANGE],
        [{"id": "take", "kind": "variable", "amount": "1000.00", "retained_share": "0.40"}],
    )
    events = [
        event("delivery", "2026-01-05", obligation="meal"),
        event("estimate", "2026-03-01", consideration="take", amount="1500.00"),
    ]

    assert measured(told(signed, events), revenue("2026-01"), revenue("2026-03")) == [400, 200]


def test_the_product_may_say_that_the_entity_is_an_agent() -> None:
    """The catalogue's share holds for its contracts; a contract that says principal is gross."""
    product = {
        "id": "vouchers-2025",
        "product": "vouchers",
        "effective_from": "2025-01-01",
        "measure": "point_in_time",
        "role": "agent",
        "retained_share": "0.10",
        "role_because": "the restaurant bears the risk of the meal",
    }
    amounts = [fixed("500.00", obligation="meal")]
    meal = {"id": "meal", "product": "vouchers"}
    agent = told(contract([meal], amounts), products=[product])
    principal = told(contract([meal | {"role": "principal"}], amounts), products=[product])
    price = as_of("transaction_price", "2026-01-01")

    assert measured(agent, price) == [50]
    assert measured(principal, price) == [500]
    assert "bears the risk" in decisions(agent, "explain_promise")[0].sentence


@pytest.mark.parametrize(
    ("obligation", "amount", "said"),
    [
        ({"role": "principal"}, {"retained_share": "0.3"}, "told to be the principal"),
        ({"role": "agent"}, {}, "tells not what is kept"),
        ({}, {"retained_share": "1.3"}, "keeps 1.3 of its amount"),
        ({}, {"retained_share": "0.3", "retained_amount": "3.00"}, "both a share and an amount"),
    ],
)
def test_contradictions_are_refused(
    obligation: dict[str, str], amount: dict[str, str], said: str
) -> None:
    """A role and amounts that cannot both be meant."""
    signed = contract([ARRANGE | obligation], [fixed("100.00", obligation="meal", **amount)])

    with pytest.raises(ContractError, match=said):
        measured(told(signed), revenue("2026-01"))


def test_what_is_collected_for_the_principal_is_owed_until_it_is_credited() -> None:
    """100 billed, 30 kept: 70 owed; half of it is credited and 15 of revenue taken back."""
    signed = contract(
        [ARRANGE],
        [{"id": "sale", "kind": "variable", "amount": "100.00", "retained_share": "0.30"}],
    )
    events = [
        event("delivery", "2026-01-01", obligation="meal"),
        event("invoice", "2026-01-01", lines=[{"amount": "30.00", "for_principal": "70.00"}]),
        event("estimate", "2026-02-01", consideration="sale", amount="50.00"),
        event("credit_memo", "2026-02-01", invoice="invoice-2026-01-01",
              lines=[{"amount": "15.00", "for_principal": "35.00"}]),
    ]  # fmt: skip

    assert measured(
        told(signed, events),
        as_of("payable_to_principal", "2026-01-31"),
        as_of("receivable", "2026-01-31"),
        as_of("payable_to_principal", "2026-02-28"),
        as_of("receivable", "2026-02-28"),
        revenue("2026-02"),
        as_of("contract_liability", "2026-02-28"),
    ) == [70, 100, 35, 50, -15, 0]


def test_charges_that_recur_are_net_in_every_step() -> None:
    """40% of 100 a month, of 150 from July: 40, then 60."""
    service = {"id": "service", "product": "s", "measure": "even_months", "role": "agent"}
    charge = {"id": "monthly", "kind": "fixed", "amount": "100.00", "charged": "monthly",
              "obligation": "service", "retained_share": "0.40",
              "steps": [{"from_day": "2026-07-01", "amount": "150.00"}]}  # fmt: skip
    scenario = told(contract([service], [charge]))

    # Six months of 40 and six of 60 are one price of 600, earned evenly.
    assert measured(scenario, as_of("transaction_price", "2026-01-01"), revenue("2026-01")) == [
        600,
        50,
    ]
