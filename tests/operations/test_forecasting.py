"""Revenue to come: what passes with time is certain, what is used has bounds, and both add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from revrec.feeds.records import fact_of
from revrec.operations.facts import record_facts
from revrec.operations.forecasting import Heading, forecast_use, outlook_data
from tests.books import send, write_usage

FIRST = date(2026, 1, 1)
AS_OF = date(2026, 3, 31)
UNTIL = date(2026, 6, 30)  # 13 weeks later
ALIKE = 8


def contract(name, obligation, *consideration):
    """A contract for the year."""
    return {
        "kind": "contract", "id": name, "customer": name.lower(), "currency": "USD",
        "inception": str(FIRST), "end": "2026-12-31", "obligations": [obligation],
        "consideration": list(consideration),
    }  # fmt: skip


def used(name, meter, quantity, amount):
    """So much on each Thursday, the day of the week on which the year began."""
    return [
        {
            "source": "gateway", "usage_id": f"{name}-{week}", "contract": name, "meter": meter,
            "usage_date": str(FIRST + timedelta(7 * week)), "quantity": quantity, "unit": "call",
            "amount": amount, "currency": "USD",
        }
        for week in range(13)
    ]  # fmt: skip


@pytest.fixture
def books(workspace, tmp_path):
    """Access at a dollar a day, eight contracts by the call, eight with 1,200 calls prepaid."""
    access = {"id": "access", "product": "platform", "measure": "days"}
    calls = {"id": "api", "product": "api", "measure": "usage", "meters": ["calls"]}
    pack = {"id": "pack", "product": "pack", "measure": "usage", "meters": ["packed"],
            "usage": {"entitled": "1200"}}  # fmt: skip
    told = [contract("A", access, {"id": "fee", "kind": "fixed", "amount": "365.00"})]
    rows = []
    for n in range(ALIKE):
        priced = {"id": "calls", "kind": "usage", "obligation": "api"}
        told.append(contract(f"B-{n}", calls, priced))
        told.append(contract(f"C-{n}", pack, {"id": "fee", "kind": "fixed", "amount": "1200.00"}))
        rows += used(f"B-{n}", "calls", "7", "7.00") + used(f"C-{n}", "packed", "28", "0")
    told[1]["consideration"].append({"id": "short", "kind": "variable", "amount": "0"})
    told.append(
        {"kind": "variable_component", "id": "V", "contract": "B-0", "on": str(FIRST),
         "component": "shortfall", "method": "expected_value", "consideration": "short",
         "threshold": "1000", "unit_price": "1", "meters": ["calls"]}
    )  # fmt: skip
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")
    send(workspace, write_usage(tmp_path / "usage.ndjson", rows))
    return workspace


def test_revenue_to_come_is_what_is_scheduled_and_what_will_be_used(books):
    """91 days at 1.00 are certain; 13 weeks of 7.00 and of 28 units at 1.00 are expected.

    V needs 1,000 calls in the year and is at 91 after a quarter: it is headed for a shortfall of
    about 640. None of the packs is near its 1,200 either: 28 a week come to some 1,460, more.
    """
    seen = forecast_use(books, AS_OF, UNTIL)

    ahead = seen.revenue["USD"]
    assert Decimal("91.00") == ahead.scheduled
    by_use = ALIKE * 13 * (7 + 28)
    assert abs(ahead.by_use.expected - by_use) < by_use / 8
    assert ahead.by_use.low < ahead.by_use.expected < ahead.by_use.high
    assert ahead.scheduled + ahead.by_use.expected == ahead.total.expected
    assert list(ahead.steps) == [AS_OF + timedelta(7 * n) for n in range(1, 14)]
    assert abs(sum(e.expected for e in ahead.steps.values()) - ahead.total.expected) < 1
    headed = {each.commitment: each.warning for each in seen.warnings}
    assert headed["B-0 V"] is Heading.SHORT
    assert headed["C-0 pack"] is Heading.EXCEEDED
    (short,) = [each for each in seen.warnings if each.commitment == "B-0 V"]
    assert 500 < short.expected < 750
    told = outlook_data(seen)
    assert [] == told["refused"]
    assert ("USD", "91.00") == (told["revenue"][0]["currency"], told["revenue"][0]["scheduled"])


def test_a_prepaid_price_is_earned_once_at_the_most(books):
    """Until the end of the year each pack earns the rest of its 1,200.00, used or lapsed."""
    seen = forecast_use(books, AS_OF, date(2026, 12, 31))

    packs = ALIKE * (1200 - 13 * 28)
    calls = seen.revenue["USD"].by_use.expected - packs
    assert abs(calls - ALIKE * 275) < ALIKE * 275 / 3


def test_a_contract_that_cannot_be_accounted_for_is_named(workspace):
    """Its revenue is left out, with the reason; the others' is there."""
    unclear = contract("B", {"id": "api", "product": "api", "measure": "usage"},
                       {"id": "calls", "kind": "usage", "obligation": "api"},
                       {"id": "short", "kind": "variable", "obligation": "api"})  # fmt: skip
    good = contract("A", {"id": "access", "product": "p", "measure": "days"},
                    {"id": "fee", "kind": "fixed", "amount": "365.00"})  # fmt: skip
    record_facts(workspace, [fact_of(each, "test") for each in (unclear, good)], source="test")

    seen = forecast_use(workspace, AS_OF, UNTIL)

    assert ["B"] == [each["contract"] for each in outlook_data(seen)["refused"]]
    assert Decimal("91.00") == seen.revenue["USD"].total.expected


def test_without_use_the_schedule_is_all_there_is(workspace):
    """No portfolio, no range."""
    told = contract("A", {"id": "access", "product": "p", "measure": "days"},
                    {"id": "fee", "kind": "fixed", "amount": "365.00"})  # fmt: skip
    record_facts(workspace, [fact_of(told, "test")], source="test")

    ahead = forecast_use(workspace, AS_OF, UNTIL).revenue["USD"]

    assert (91, 91, 91) == (ahead.total.low, ahead.total.expected, ahead.total.high)
