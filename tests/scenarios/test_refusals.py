"""Terms and events that contradict each other: refused by name, field and paragraph."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from revrec.asc606.contract import AMOUNT_MAX, check_amounts
from revrec.errors import ContractError
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.history import ContractHistory
from tests.scenarios.step3 import refused

Told = dict[str, Any]


def promise(name: str = "a", measure: str = "days", **more: Any) -> Told:
    """An obligation."""
    return {"id": name, "product": name, "measure": measure} | more


def fee(name: str = "fee", amount: str = "100", **more: Any) -> Told:
    """A fixed amount."""
    return {"id": name, "kind": "fixed", "amount": amount} | more


def terms(*obligations: Told, fees: tuple[Told, ...] = (), **more: Any) -> Told:
    """A year of service, for 100."""
    told = {"obligations": [*obligations] or [promise()], "consideration": [*fees] or [fee()]}
    return told | more


def rights(**usage: str) -> Told:
    """Units bought, used up by usage."""
    told = {"counted_in": "quantity", "entitled": "12"} | usage
    return promise("units", "usage", usage=told, standalone_selling_price="100")


def modified(**more: Any) -> list[Told]:
    """A modification of 1 July."""
    return [{"kind": "modification", "id": "M", "on": "2026-07-01"} | more]


OPTION = {"discount": "0.50", "purchase": "400.00", "likelihood": "0.50"}
RENEWALS = promise("again", standalone_selling_price="100", renewal={"consideration": "100.00"})
STATE = {"lapses": "2026-12-31", "unclaimed_property": "0.5"}
HUGE = "9000000000000"
REFUSED = {
    # Terms, events; citation, field and words of the refusal.
    "ends before it starts": (
        terms(end="2025-12-31"),
        [],
        ("606-10-25-3", "end", "ends 2025-12-31, before it starts 2026-01-01."),
    ),
    "two obligations of a name": (
        terms(promise(), promise("b"), promise()),
        [],
        ("606-10-25-14", "obligations", "names obligations a more than once."),
    ),
    "two amounts of a name": (
        terms(fees=(fee(), fee("x"), fee("x"), fee())),
        [],
        ("606-10-32-2", "consideration", "names consideration fee, x more than once."),
    ),
    "an amount for what is not promised": (
        terms(fees=(fee(obligation="b"),)),
        [],
        ("606-10-32-28", "consideration.fee.obligation", "is for obligation b, which the contract"),
    ),
    "a delivery of what is not promised": (
        terms(promise("item", "units")),
        [{"kind": "delivery", "id": "D", "on": "2026-02-01", "obligation": "other"}],
        ("606-10-25-23", "delivery.obligation", "Delivery D of contract C is of 'other', which"),
    ),
    "an amount finer than the currency": (
        terms(),
        [{"kind": "payment", "id": "P", "on": "2026-02-01", "amount": "0.001"}],
        ("606-10-32-2", "payment P", "Payment P of contract C: 0.001 USD has more decimals"),
    ),
    "cash paid to the customer for nothing": (
        terms(),
        [{"kind": "customer_payment", "id": "CP", "on": "2026-02-01", "amount": "-1"}],
        ("606-10-32-25", "customer payment CP", "Customer payment CP of contract C settles"),
    ),
    "a share beyond all of it": (
        terms(rights(lapses="2026-12-31", unclaimed_property="1.01")),
        [],
        ("606-10-55-49", "obligations.units.usage.unclaimed_property", "The share 1.01 of unused"),
    ),
    "a share below nothing": (
        terms(rights(lapses="2026-12-31", unclaimed_property="-0.01")),
        [],
        ("606-10-55-49", "obligations.units.usage.unclaimed_property", "The share -0.01 of unus"),
    ),
    "what is owed to a state is spread anew": (
        terms(rights(**STATE)),
        modified(price_change="10", adds=[promise("b", standalone_selling_price="50")]),
        ("606-10-55-49", "obligations.units.usage.unclaimed_property", "is modified with units"),
    ),
    "overage above what is counted in units": (
        terms(
            rights(),
            fees=(
                fee(),
                {"id": "o", "kind": "usage", "obligation": "units", "above_entitlement": True},
            ),
        ),
        [],
        ("606-10-32-40", "obligations.usage", "Overage in contract C needs an entitlement"),
    ),
    "usage at a fixed price of nobody knows how much": (
        terms(promise("units", "usage")),
        [],
        ("606-10-55-17", "obligations.units.usage.entitled", "fixed price measured by usage"),
    ),
    "an entitlement to nothing": (
        terms(rights(entitled="0")),
        [],
        ("606-10-25-31", "obligations.units.usage.entitled", "in contract C is 0."),
    ),
    "more is expected than was bought": (
        terms(rights(expected="13")),
        [],
        ("606-10-55-48", "obligations.units.usage.expected", "expects 13 to be used of 12"),
    ),
    "what rolls over until the day it lapses": (
        terms(rights(lapses="2026-06-30", rolls_over="3", rolls_over_until="2026-06-30")),
        [],
        ("606-10-55-48", "obligations.units.usage.rolls_over", "rolls over 3 until 2026-06-30"),
    ),
    "what rolls over although only a part is expected": (
        terms(
            rights(lapses="2026-06-30", rolls_over="3", rolls_over_until="2026-07-31", expected="9")
        ),
        [],
        ("606-10-55-48", "obligations.units.usage.rolls_over", "with an expected use of 9."),
    ),
    "what rolls over for ever": (
        terms(rights(lapses="2026-06-30", rolls_over="3")),
        [],
        ("606-10-55-48", "obligations.units.usage.rolls_over", "rolls over 3 until None"),
    ),
    "time without an end": (
        terms(end=None),
        [],
        ("606-10-25-3", "obligations.a.end", "runs from 2026-01-01 to no end."),
    ),
    "time that ends before it begins": (
        terms(promise(start="2026-05-01", end="2026-04-30")),
        [],
        ("606-10-25-3", "obligations.a.end", "runs from 2026-05-01 to 2026-04-30."),
    ),
    "half months of a part of a month": (
        terms(promise(measure="half_month", end="2026-12-30")),
        [],
        ("606-10-25-31", "measure", "but obligation a of contract C runs 2026-01-01 to 2026-12-30"),
    ),
    "half months that leave a part of a month": (
        terms(promise(measure="half_month", standalone_selling_price="100")),
        [
            {
                "kind": "modification",
                "id": "M",
                "on": "2026-06-15",
                "price_change": "50",
                "adds": [promise("b", standalone_selling_price="100")],
            }
        ],
        ("606-10-25-31", "measure", "but what is left of the service runs 2026-06-15 to 2026-12"),
    ),
    "a count too large": (
        terms(rights(entitled="90000000000000000000"), fees=(fee(amount=HUGE),)),
        [],
        ("606-10-25-31", "obligations.units", "is beyond exact arithmetic."),
    ),
    "a bonus for what is priced by use": (
        terms(
            promise(),
            promise("calls", "usage"),
            fees=(
                fee(),
                {"id": "use", "kind": "usage", "obligation": "calls"},
                {"id": "bonus", "kind": "variable", "amount": "5", "obligation": "calls"},
            ),
        ),
        [],
        ("606-10-32-28", "consideration.bonus", "has obligation calls, which is priced by use."),
    ),
    "two residuals": (
        terms(promise(residual=True), promise("b", residual=True)),
        [],
        ("606-10-32-35", "obligations.residual", "has 2 obligations priced as residual."),
    ),
    "a price of a unit too fine": (
        terms(
            promise("calls", "usage"),
            fees=(
                {
                    "id": "rebate",
                    "kind": "variable",
                    "obligation": "calls",
                    "per_unit": True,
                    "amount": "1.2345678901234567890123456789",
                },
            ),
        ),
        [],
        ("606-10-32-5", "consideration.rebate", "is beyond exact arithmetic."),
    ),
    "a cost too large": (
        terms(rights(entitled="90000000000000000"), fees=(fee(amount="1"),)),
        [
            {
                "kind": "contract_cost",
                "id": "K",
                "on": "2026-01-01",
                "amount": HUGE,
                "obligation": "units",
                "incremental": True,
                "pattern": "pattern_of_transfer",
            }
        ],
        ("340-40-35-1", "contract_cost.K", "in minor units, times its count is beyond"),
    ),
    "a right of return without a price": (
        terms(
            promise("item", "units", quantity="10"),
            promise("b", standalone_selling_price="10"),
            fees=(
                fee(),
                {
                    "id": "back",
                    "kind": "variable",
                    "amount": "0",
                    "obligation": "item",
                    "returns": {"expected": "1"},
                },
            ),
        ),
        [],
        ("606-10-55-23", "consideration.back.returns.refund", "paid back for a unit of item"),
    ),
    "financing of no fixed price": (
        terms(
            promise("item", "point_in_time"),
            fees=({"id": "use", "kind": "variable", "amount": "100"},),
            financing={
                "annual_rate": "0.1",
                "payments": [{"on": "2026-01-01", "amount": "100"}],
                "transfers": [{"obligation": "item", "on": "2028-01-01"}],
            },
        ),
        [],
        ("606-10-32-15", "financing", "finances no fixed price"),
    ),
    "a renewal sold by bundle": (
        terms(
            promise(standalone_selling_price="100", end="2026-06-30"),
            RENEWALS,
            bundles=[{"obligations": ["a", "again"], "price": "150"}],
        ),
        [],
        ("606-10-55-45", "obligations.a.renewal", "is sold with renewals, and by bundle or"),
    ),
    "a renewal beside a residual": (
        terms(promise(residual=True, end="2026-06-30"), RENEWALS),
        [],
        ("606-10-55-45", "obligations.a.renewal", "is sold with renewals, and by bundle or"),
    ),
    "a renewal added to what others share": (
        terms(promise(standalone_selling_price="100")),
        modified(price_change="10", adds=[RENEWALS]),
        ("606-10-55-45", "obligations.again.renewal", "is a renewal added to a contract that"),
    ),
    "a fee for the use of what is not promised": (
        terms(),
        modified(adds_consideration=[{"id": "use", "kind": "usage", "obligation": "calls"}]),
        ("606-10-32-28", "consideration.use", "has no obligation to price."),
    ),
    "a right exercised that use uses up": (
        terms(promise(standalone_selling_price="100"), rights() | {"option": OPTION}),
        [{"kind": "exercise", "id": "E", "on": "2026-02-01", "right": "units", "price": "1"}],
        ("606-10-55-42", "exercise.right", "which is used up by use itself"),
    ),
    "a part with a price of a whole without one": (
        terms(
            promise(),
            promise("part", part_of="a", standalone_selling_price="10"),
        ),
        [],
        ("606-10-32-31", "obligations.part", "tells a standalone selling price, but a, which"),
    ),
    "a change in price for nothing": (
        terms(
            promise("calls", "usage"),
            fees=({"id": "use", "kind": "usage", "obligation": "calls"},),
        ),
        modified(price_change="10"),
        ("606-10-25-10", "modification.price_change", "changes a price that no obligation"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name):
    """The refusal says what, where and on which paragraph."""
    told, events, (citation, field, words) = REFUSED[name]
    found = refused(told, events)

    assert isinstance(found, ContractError)
    assert words in found.message
    assert (found.citation, found.attributes["field"]) == (citation, field)


@pytest.mark.parametrize("amount", [str(AMOUNT_MAX), f"-{AMOUNT_MAX}"])
def test_amounts_have_a_largest_one(amount):
    """It is kept, and a cent beyond it refused on either side of zero."""

    def contract(told: Decimal) -> ContractHistory:
        amounts = (Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=told),)
        return ContractHistory(
            Contract(
                id="C",
                customer="c",
                currency="USD",
                inception=None,
                obligations=(),
                consideration=amounts,
            )
        )

    check_amounts(contract(Decimal(amount)))
    with pytest.raises(ContractError, match="beyond the largest amount kept, 10,000,000,000,000"):
        check_amounts(contract(Decimal(f"{amount}.01")))
