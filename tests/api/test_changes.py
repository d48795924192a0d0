"""Changes over HTTP: simulated by anyone, proposed by one, decided by another."""

from __future__ import annotations

from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from tests.api.requests import CONTRACT, close, keyed, record

DEARER = {
    "kind": "modification", "id": "M-1", "contract": "C-1", "on": "2026-02-01",
    "price_change": "3340.00",
}  # fmt: skip
"""10.00 a day more on the 334 days that remain."""
PRICE = {
    "kind": "standalone_selling_price", "id": "P-1", "product": "platform", "currency": "USD",
    "amount": "36500.00", "effective_from": "2026-01-01",
}  # fmt: skip
MONTH = "?period=2026-02&until=2026-03"


def post(client, path, records, key):
    """Records to a route."""
    return client.post(path, json=records, headers=keyed(key))


def test_what_is_simulated_leaves_nothing_behind(ana, cleo):
    """280.00 more in February, 310.00 in March; the entries are February's; the books stay."""
    assert record(ana, [CONTRACT], "facts").status_code == 200
    assert close(ana, "2026-01", "january").status_code == 200

    seen = post(cleo, f"/v1/simulations{MONTH}", [DEARER], "ignored")

    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (1, 0) == (told["new"], told["corrected"])
    february = ("2026-02", "2800.00", "3080.00", "280.00")
    march = ("2026-03", "3100.00", "3410.00", "310.00")
    assert [february, march] == [
        (row["period"], row["before"], row["after"], row["change"]) for row in told["revenue"]
    ]
    assert [("-2800.00", "-3080.00")] == [
        (row["before"], row["after"]) for row in told["entries"] if row["account"] == "revenue"
    ]
    assert [
        # 3,100.00 a month of 31 days and 2,800.00 of February were earned, nothing was billed.
        ("contract_asset", "2026-02", "5900.00", "6180.00"),
        ("contract_asset", "2026-03", "9000.00", "9590.00"),
        ("recognised", "2026-02", "5900.00", "6180.00"),
        ("recognised", "2026-03", "9000.00", "9590.00"),
        ("unrecognised", "2026-02", "30600.00", "33660.00"),
        ("unrecognised", "2026-03", "27500.00", "30250.00"),
    ] == [(row["balance"], row["period"], row["before"], row["after"]) for row in told["balances"]]
    again = post(ana, f"/v1/simulations{MONTH}", [DEARER], "ignored").json()
    assert again == told, "nothing was recorded by the first"


def test_a_policy_is_simulated(ana, cleo):
    """By even months a month of the year is 3,041.67, and the second one makes it 6,083.33."""
    elapsed = [{**CONTRACT["obligations"][0], "measure": "time_elapsed"}]
    record(ana, [{**CONTRACT, "obligations": elapsed}], "facts")
    assert close(ana, "2026-01", "january").status_code == 200
    policy = with_elections(default_policy(), {"grain_of_time": "even_months"})
    told = {**to_fact(FactKind.POLICY, policy).body, "kind": "policy"}

    effect = post(cleo, "/v1/simulations?period=2026-02&until=2026-02", [told], "-").json()

    assert [("2026-01", "3100.00", "3041.67"), ("2026-02", "2800.00", "3041.66")] == [
        (row["period"], row["before"], row["after"]) for row in effect["revenue"]
    ]
    assert ("contract_asset", "5900.00", "6083.33") in [
        (row["balance"], row["before"], row["after"]) for row in effect["balances"]
    ]
    # January stays closed with 3,100.00: the rest is February's.
    assert [("-2800.00", "-2983.33")] == [
        (row["before"], row["after"]) for row in effect["entries"] if row["account"] == "revenue"
    ]
    assert [] == cleo.get("/v1/facts/policy").json()["records"]


def test_a_change_is_refused_proposed_and_decided(ana, ben):
    """After a close a price is no business of one person."""
    record(ana, [CONTRACT], "facts")
    assert close(ana, "2026-01", "january").status_code == 200
    refused = record(ana, [PRICE], "price")
    assert (403, "approval-needed") == (refused.status_code, refused.json()["code"])

    made = post(ana, f"/v1/changes{MONTH}&note=price%20list", [PRICE], "change")

    assert (200, "change", "waits") == (
        made.status_code, made.json()["kind"], made.json()["standing"]
    )  # fmt: skip
    same = post(ana, f"/v1/changes{MONTH}&note=price%20list", [PRICE], "change")
    assert made.content == same.content
    decision = f"/v1/proposals/{made.json()['id']}/decision"
    assert 403 == ana.post(decision, json={"approve": True}, headers=keyed("a")).status_code
    assert 200 == ben.post(decision, json={"approve": True}, headers=keyed("b")).status_code
    assert 1 == record(ana, [PRICE], "price-again").json()["unchanged"]
