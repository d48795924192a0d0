"""A move from another system over HTTP: what ties and what differs."""

from __future__ import annotations

from tests.api.requests import CONTRACT, record

OPENING = {
    "kind": "opening_balance", "id": "O-1", "contract": "C-1", "on": "2026-01-31",
    "currency": "USD", "obligations": [{"obligation": "access", "recognized": "3041.67"}],
    "billed": "0.00", "paid": "0.00", "contract_asset": "3100.00",
}  # fmt: skip
"""A twelfth of 36,500.00 as the other system has it, beside a balance of 31 days."""


def test_what_does_not_tie_is_told(ana):
    """3,041.67 is taken over as revenue, so the asset told does not fit it."""
    assert record(ana, [CONTRACT, OPENING], "facts").status_code == 200

    told = ana.get("/v1/periods/2026-01/cutover").json()

    assert (1, ["C-1 contract_asset"]) == (told["contracts"], told["open"])
    assert [("contract_asset", "3100.00", "3041.67", "-58.33")] == [
        (each["account"], each["theirs"], each["ours"], each["difference"])
        for each in told["differences"]
    ]


def test_a_schedule_is_compared_and_a_bad_row_waits(ana):
    """February by days is 2,800.00; a row of no period is told and stops no other."""
    assert record(ana, [CONTRACT], "facts").status_code == 200
    of_access = {"contract": "C-1", "obligation": "access", "currency": "USD"}
    rows = [
        of_access | {"period": "2026-01", "revenue": "3100.00"},
        of_access | {"period": "2026-02", "revenue": "2799.99"},
        of_access | {"period": "soon", "revenue": "1e999999999"},
        of_access | {"period": "2026-03", "revenue": "1e999999999"},
    ]

    told = ana.post("/v1/parallel-runs?tolerance=1", json=rows).json()

    assert [("2026-02", "0.01", "within_tolerance", "rounding")] == [
        (each["period"], each["difference"], each["status"], each["reason"])
        for each in told["differences"]
    ]
    assert ["body, row 3", "body, row 4"] == [each[:11] for each in told["refused"]]
