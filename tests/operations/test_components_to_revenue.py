"""Every component from facts to an estimate, an approval, the price and recognised revenue."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from revrec.estimation.components import IN_UNITS, QUANTITY, Quantity
from revrec.feeds.records import fact_of
from revrec.model.estimation import ComponentKind
from revrec.operations.close import flash_close
from revrec.operations.estimating import decide_proposal, propose_estimates
from revrec.operations.facts import record_facts
from revrec.periods import Period
from tests.books import send, write_usage

FIRST = date(2025, 7, 1)
END = date(2026, 6, 30)
AS_OF = date(2026, 3, 31)
DAYS, DAYS_OVER = 365, 274
CALLS = 400
"""Ten in each of the 40 weeks that began by then."""
AMOUNTS = {
    "overage": {"threshold": "300", "unit_price": "2"},
    "volume_rebate": {"threshold": "450", "unit_price": "-1"},
    "true_up": {"threshold": "350", "unit_price": "3"},
    "shortfall": {"threshold": "1000", "unit_price": "1"},
    "service_credit": {"unit_price": "-50", "cap": "400"},
    "price_concession": {"trials": "100", "unit_price": "-2"},
    "refund": {"trials": "1000", "unit_price": "-1"},
    "bonus": {"amount": "500"},
    "penalty": {"amount": "-300"},
    "contingent_commitment": {"amount": "250"},
    "outcome_fee": {"unit_price": "2"},
}
"""Components whose estimate is an amount, beside 3,650.00 for a year of access."""
SO_FAR = {
    "service_credit": {"quantity": "2"},
    "price_concession": {"quantity": "5", "trials": "50"},
    "refund": {"quantity": "10", "trials": "500"},
    "outcome_fee": {"quantity": "30"},
    "return": {"quantity": "12", "trials": "500"},
}
TIERS = [{"up_to": "300", "unit_price": "1.00"}, {"unit_price": "0.80"}]
PACK = {"entitled": "1000", "lapses": str(END)}
ROLLED = {"entitled": "1000", "lapses": "2026-05-31", "rolls_over": "200",
          "rolls_over_until": str(END)}  # fmt: skip


def contract(kind, obligations, *consideration):
    """A year of what is promised."""
    return {
        "kind": "contract", "id": f"C-{kind}", "customer": kind, "currency": "USD",
        "inception": str(FIRST), "end": str(END), "obligations": [obligations],
        "consideration": list(consideration),
    }  # fmt: skip


def component(kind, **terms):
    """The component of the kind, of the contract of its name."""
    return {
        "kind": "variable_component", "id": f"V-{kind}", "contract": f"C-{kind}", "on": str(FIRST),
        "component": kind, "method": "expected_value", **terms,
    }  # fmt: skip


def access(kind):
    """A year of access whose price the component moves."""
    return contract(
        kind,
        {"id": "access", "product": "platform", "measure": "days", "meters": ["calls"]},
        {"id": "fee", "kind": "fixed", "amount": "3650.00"},
        {"id": "moves", "kind": "variable", "amount": "0", "obligation": "access"},
    )


def entitlement(kind, usage):
    """A thousand calls for 1,000.00."""
    api = {"id": "api", "product": "api", "measure": "usage", "meters": ["calls"], "usage": usage}
    return contract(kind, api, {"id": "fee", "kind": "fixed", "amount": "1000.00"})


def books():
    """A contract for each component, and what happened so far."""
    api = {"id": "api", "product": "api", "measure": "usage", "meters": ["calls"]}
    goods = {"id": "goods", "product": "goods", "measure": "point_in_time", "quantity": "1000"}
    told = [access(kind) for kind in AMOUNTS]
    told += [component(kind, consideration="moves", **terms) for kind, terms in AMOUNTS.items()]
    told += [
        contract("volume_tiers", api, {"id": "call", "kind": "variable", "obligation": "api",
                                       "tiers": TIERS, "expected_units": "200"}),
        component("volume_tiers", consideration="call"),
        entitlement("breakage", PACK),
        component("breakage", obligation="api", threshold="1000"),
        entitlement("rollover", ROLLED),
        component("rollover", obligation="api", threshold="1000"),
        contract("return", goods,
                 {"id": "price", "kind": "fixed", "amount": "10000.00", "obligation": "goods"},
                 {"id": "back", "kind": "variable", "obligation": "goods",
                  "returns": {"expected": "0", "last_day": str(END)}}),
        component("return", consideration="back", trials="1000"),
        {"kind": "delivery", "id": "D", "contract": "C-return", "on": "2026-01-15",
         "obligation": "goods", "quantity": "1000"},
    ]  # fmt: skip
    told += [
        {"kind": "component_outcome", "id": f"O-{kind}", "contract": f"C-{kind}",
         "on": "2026-03-30", "component": f"V-{kind}", **seen}
        for kind, seen in SO_FAR.items()
    ]  # fmt: skip
    return told


def used():
    """Ten calls a week of every contract whose use counts."""
    return [
        {"source": "gateway", "usage_id": f"{kind}-{week}", "contract": f"C-{kind}",
         "meter": "calls", "usage_date": str(FIRST + timedelta(7 * week)), "quantity": "10",
         "unit": "call", "amount": "0", "currency": "USD"}
        for kind in ComponentKind if QUANTITY[kind] is Quantity.USE
        for week in range(CALLS // 10)
    ]  # fmt: skip


def revenue_by_hand(kind, included):
    """Revenue to date, in cents, with what is included of the estimate."""
    if kind in AMOUNTS:
        return (Decimal(3650) + included) * 100 * DAYS_OVER / DAYS
    if kind == "volume_tiers":
        return CALLS * (100 if included <= Decimal(300) else 80)
    if kind == "return":
        return 1000 * (1000 - included)
    return Decimal(100_000) * CALLS / included


def test_every_component_reaches_recognised_revenue(workspace, tmp_path):
    """Each is estimated, waits, is approved, and revenue to date is what follows by hand."""
    assert {*AMOUNTS, *IN_UNITS} == set(ComponentKind)
    record_facts(workspace, [fact_of(each, "test") for each in books()], source="test")
    send(workspace, write_usage(tmp_path / "usage.ndjson", used()))

    run = propose_estimates(workspace.acting_as("model"), AS_OF)
    assert ({}, len(ComponentKind)) == (run.refused, len(run.proposals))
    included = {}
    for each in run.proposals:
        decide_proposal(workspace.acting_as("grace"), each.id, approve=True)
        included[each.evidence["kind"]] = Decimal(each.evidence["included"])

    found = {}
    for row in flash_close(workspace, Period(2026, 3)).postings.to_pylist():
        if row["account"] == "revenue":
            found[row["contract"]] = found.get(row["contract"], 0) - row["amount"]
    for kind, amount in included.items():
        expected = revenue_by_hand(kind, amount)
        assert abs(found[f"C-{kind}"] - expected) <= 1, (kind, amount, found[f"C-{kind}"], expected)
    # 400 calls are made; about 130 are to come.
    assert 200 < included["overage"] + included["true_up"] < 1100
    assert Decimal(250) < included["shortfall"] < Decimal(550)
    assert all(Decimal(420) < included[kind] < Decimal(800) for kind in ("breakage", "rollover"))
    assert Decimal(18) < included["return"] < Decimal(60)
    assert Decimal(-400) <= included["service_credit"] <= Decimal(-100)
    assert included["outcome_fee"] >= Decimal(60)
