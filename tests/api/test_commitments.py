"""Credits and commitments over HTTP: recorded as facts, drawn by usage, read at any date."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.api.requests import CONTRACT, USAGE, record, send
from tests.commitments.books import commitment, grant

HOLDS = [
    CONTRACT,
    grant("G", 10, contract="C-1", paid="8.00", last_day="2026-01-25"),
    commitment("K", 30, contract="C-1", form="postpaid", priority=9),
]
ROWS = [
    USAGE | {"usage_id": "u-1", "usage_date": "2026-01-20", "amount": "12.34"},
    USAGE | {"usage_id": "u-2", "usage_date": "2026-01-30", "amount": "20.00"},
]


@pytest.fixture
def told(ana):
    """A contract with credits of 10 and a commitment of 30, and use of 12.34 and 20.00."""
    assert record(ana, HOLDS, "holds").json()["new"] == 3
    content = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    assert send(ana, content, "use").json()["accepted"]["rows"] == 2
    return ana


@pytest.mark.usefixtures("told")
def test_credits_commitments_and_draws_at_a_date(cleo):
    """10 of 12.34 are paid by the grant; 22.34 count to the commitment."""
    asked = {"as_of": "2026-01-31", "contract": "C-1"}

    credits_told = cleo.get("/v1/credits", params=asked).json()
    (committed,) = cleo.get("/v1/commitments", params=asked).json()["records"]
    first = cleo.get("/v1/credits/draws", params=asked | {"limit": 2}).json()
    rest = cleo.get("/v1/credits/draws", params=asked | {"cursor": first["next"]}).json()

    (lot,) = credits_told["records"]
    assert (lot["drawn"], lot["remaining"], lot["worth_drawn"]) == (
        "10.000000000000", "0.000000000000", "8.00",
    )  # fmt: skip
    assert (committed["consumed"], committed["exceeded"], committed["shortfall"]) == (
        "22.340000000000", "0.000000000000", "7.660000000000",
    )  # fmt: skip
    assert [
        (each["day"], each["grant"], each["amount"]) for each in first["records"] + rest["records"]
    ] == [
        ("2026-01-20", "G", "10.000000000000"),
        ("2026-01-20", "K", "2.340000000000"),
        ("2026-01-30", "K", "20.000000000000"),
    ]
    assert (len(first["records"]), rest["next"]) == (2, None)
    assert credits_told["refused"] == []


def test_what_reconciles_the_bills_can_be_recorded_and_then_nothing_differs(told, cleo):
    """8.00 for the credits and 22.34 for the use are due; recorded, they are billed."""
    asked = {"as_of": "2026-01-31"}

    (before,) = cleo.get("/v1/commitments/reconciliation", params=asked).json()["records"]
    recorded = record(told, before["documents"], "bill").json()
    (after,) = cleo.get("/v1/commitments/reconciliation", params=asked).json()["records"]

    assert (before["due"], before["billed"], before["difference"]) == ("30.34", "0.00", "30.34")
    assert before["reasons"] == [
        "credits G: 8.00 USD", "use in 2026-01: 22.34 USD",
    ]  # fmt: skip
    assert recorded["new"] == 1
    assert (after["billed"], after["difference"], after["documents"]) == ("30.34", "0.00", [])


def test_bills_are_settled_by_a_request_that_counts_once(told, cleo):
    """30.34 are recorded as one invoice; the same request again is answered, not done again."""
    asked = {"as_of": "2026-01-31", "contract": "C-1"}

    first, same, other = (
        told.post("/v1/commitments/settlements", json=asked, headers={"Idempotency-Key": key})
        for key in ("s-1", "s-1", "s-2")
    )
    (after,) = cleo.get("/v1/commitments/reconciliation", params=asked).json()["records"]

    (record_told,) = first.json()["records"]
    assert (record_told["kind"], record_told["lines"][0]["amount"]) == ("invoice", "30.34")
    assert (same.content, same.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert other.json()["records"] == []
    assert (after["billed"], after["difference"]) == ("30.34", "0.00")


def test_a_part_of_a_fee_is_calculated(cleo):
    """22 of 31 days of 50.00; a number counts as it is written, and nonsense is a problem."""
    asked = {
        "kind": "proration",
        "currency": "USD",
        "period": {"from": "2025-08-01", "to": "2025-08-31"},
        "from": "2025-08-10",
        "amount": 50.00,
    }

    good = cleo.post("/v1/calculations", json=asked)
    bad = cleo.post("/v1/calculations", json=asked | {"by": "weeks"})

    assert good.json() == {
        "kind": "proration", "figures": {"part": "22/31", "amount": "35.48"}, "tables": {},
    }  # fmt: skip
    assert (bad.status_code, bad.json()["code"]) == (422, "feed-error")


def test_what_was_known_then_can_be_asked_again(told, cleo, clock):
    """A grant corrected later and use sent later were not known before."""
    before = clock.now()
    clock.advance(timedelta(hours=1))
    record(told, [HOLDS[1] | {"amount": "5"}], "smaller")
    late = USAGE | {"usage_id": "u-3", "usage_date": "2026-01-21", "amount": "1.00"}
    send(told, (json.dumps(late) + "\n").encode(), "late")
    asked = {"as_of": "2026-01-31"}

    now = cleo.get("/v1/commitments", params=asked).json()["records"]
    then = cleo.get("/v1/commitments", params=asked | {"known_at": before.isoformat()}).json()[
        "records"
    ]

    assert [each["consumed"] for each in now + then] == ["28.340000000000", "22.340000000000"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"contract": "nobody"}, 404, "not-found"),
        ({"known_at": "2026-01-01T00:00:00"}, 422, "malformed-request"),
    ],
)
@pytest.mark.usefixtures("told")
def test_what_cannot_be_asked_is_refused(cleo, asked, status, code):
    """A contract that holds nothing, a moment without a zone."""
    answer = cleo.get("/v1/credits", params=asked)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
