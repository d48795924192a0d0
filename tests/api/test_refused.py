"""Records that are no facts wait in quarantine; good ones beside them are recorded."""

from __future__ import annotations

import json

import pytest

from revrec.store import fact_quarantine
from tests.api.requests import CONTRACT, keyed, record

PAYMENT = {
    "kind": "payment",
    "id": "P-1",
    "contract": "C-1",
    "on": "2026-01-31",
    "amount": "100.00",
}
BAD = {**PAYMENT, "id": "P-2", "amount": "a lot"}
LINES = [
    json.dumps(CONTRACT).encode(),
    b"{not json",
    json.dumps(BAD).encode(),
    b'"a text"',
    b'{"kind": "bill"}',
    b'{"kind": "payment", "id": "\xff"}',
    json.dumps({**PAYMENT, "id": "P-3", "on": "1826-01-31"}).encode(),
    json.dumps({**PAYMENT, "id": "P\x004"}).encode(),
    json.dumps(BAD).encode(),
    json.dumps(PAYMENT).encode(),
]
PLACE = "/v1/facts/quarantine"


def sent(client, lines, key):
    """The lines told as NDJSON."""
    headers = keyed(key) | {"Content-Type": "application/x-ndjson"}
    answer = client.post("/v1/facts", content=b"\n".join(lines), headers=headers)
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def told(ana):
    """What was answered to good and bad lines."""
    return sent(ana, LINES, "night-1")


def post(client, place, key, **body):
    """Records dealt with."""
    return client.post(f"{PLACE}/{place}", json=body, headers=keyed(key))


def number(told, place):
    """The number in quarantine of a record of the request."""
    return next(each["record"] for each in told["refused"] if each["place"] == place)


def test_bad_lines_wait_and_good_ones_count(told, cleo):
    """Each with its place, reason and field, as it was sent; the same line twice waits once."""
    assert [2, 0, 0] == [told[each] for each in ("new", "corrected", "unchanged")]
    assert [
        ("record 2", "unreadable", []),
        ("record 3", "does-not-fit", ["/amount"]),
        ("record 4", "no-record", []),
        ("record 5", "unknown-kind", []),
        ("record 6", "unreadable", []),
        ("record 7", "out-of-range", []),
        ("record 8", "does-not-fit", []),
        ("record 9", "does-not-fit", ["/amount"]),
    ] == [(each["place"], each["reason"], each["fields"]) for each in told["refused"]]
    assert number(told, "record 3") == number(told, "record 9")

    kept = cleo.get(PLACE).json()["records"]

    assert sorted({each["record"] for each in told["refused"]}) == [x["record"] for x in kept]
    assert [
        {"text": "{not json"},
        BAD,
        "a text",
        {"kind": "bill"},
        {"text": '{"kind": "payment", "id": "\\xff"}'},
        {**PAYMENT, "id": "P-3", "on": "1826-01-31"},
        {**PAYMENT, "id": "P\x004"},
    ] == [each["sent"] for each in kept]
    assert {("ana", "api night-1", None)} == {
        (each["told_by"], each["source"], each["outcome"]) for each in kept
    }
    (of_kind,) = cleo.get(PLACE, params={"reason": "does-not-fit", "limit": 1}).json()["records"]
    assert (BAD, "payment") == (of_kind["sent"], of_kind["kind"])


def test_the_same_lines_again_are_set_aside_once(told, ana, cleo):
    """Under another key too, and after they were dealt with: the numbers are those they have."""
    before = cleo.get(PLACE).json()["records"]
    bad = number(told, "record 3")
    assert post(ana, "dismissals", "d", records=[bad], note="test data").json() == {"dismissed": 1}

    again = sent(ana, LINES, "night-2")

    assert again["refused"] == told["refused"]
    assert [0, 0, 2] == [again[each] for each in ("new", "corrected", "unchanged")]
    assert [each for each in before if each["record"] != bad] == cleo.get(PLACE).json()["records"]


def test_a_record_is_corrected_and_released(told, ana, cleo):
    """It counts like any other; what is still wrong stays as it was sent."""
    bad, unread = number(told, "record 3"), number(told, "record 2")
    body = {"records": [bad, unread], "note": "asked the bank"}

    released = post(ana, "releases", "r", **body, corrections={str(bad): {"amount": "12.50"}})

    done = released.json()
    assert (1, [unread]) == (done["new"], [each["record"] for each in done["refused"]])
    (version,) = cleo.get("/v1/facts/payment/P-2").json()["versions"]
    assert "12.50" == version["record"]["amount"]
    kept = cleo.get(f"{PLACE}/{bad}").json()
    assert ("released", "ana", "asked the bank", BAD) == tuple(
        kept[each] for each in ("outcome", "resolved_by", "note", "sent")
    )
    assert cleo.get(f"{PLACE}/{unread}").json()["outcome"] is None
    again = post(ana, "releases", "r2", records=[bad], note="once more")
    assert (409, "conflict") == (again.status_code, again.json()["code"])
    replay = post(ana, "releases", "r", **body, corrections={str(bad): {"amount": "12.50"}})
    assert ("true", released.content) == (replay.headers["Idempotency-Replayed"], replay.content)


def test_what_could_not_be_read_is_told_whole(told, ana, cleo):
    """The correction of a line is the record it should have been."""
    unread = number(told, "record 2")
    whole = {**PAYMENT, "id": "P-5"}

    done = post(ana, "releases", "r", records=[unread], note="n", corrections={str(unread): whole})

    assert (1, []) == (done.json()["new"], done.json()["refused"])
    assert 200 == cleo.get("/v1/facts/payment/P-5").status_code


def test_a_release_undoes_nothing_that_was_told_since(told, ana, cleo):
    """The upstream sent P-2 again, right: what waited under its name does not come after it."""
    bad = number(told, "record 3")
    record(ana, [{**BAD, "amount": "40.00"}], "right")
    corrections = {str(bad): {"amount": "12.50"}}

    refused = post(ana, "releases", "r", records=[bad], note="n", corrections=corrections).json()
    same = {str(bad): {"amount": "40.00"}}
    alike = post(ana, "releases", "r2", records=[bad], note="n", corrections=same).json()

    assert ["told-since"] == [each["reason"] for each in refused["refused"]]
    assert (0, 1, []) == (alike["new"], alike["unchanged"], alike["refused"])
    assert 1 == len(cleo.get("/v1/facts/payment/P-2").json()["versions"])


@pytest.mark.parametrize(
    ("place", "body", "status", "code"),
    [
        ("releases", {"records": [2**40], "note": "n"}, 404, "not-found"),
        ("dismissals", {"records": [2**40], "note": "n"}, 404, "not-found"),
        ("dismissals", {"records": [], "note": "n"}, 422, "malformed-request"),
        (
            "releases",
            {"records": [1], "note": "n", "corrections": {"2": {"amount": "1.00"}}},
            *(422, "feed-error"),
        ),
        (
            "releases",
            {"records": [1], "note": "n", "corrections": {"1": {"amount": 1.5}}},
            *(422, "feed-error"),
        ),
    ],
)
def test_what_cannot_be_done_is_refused(ana, place, body, status, code):
    """Unknown numbers, corrections of something else, numbers that are not exact."""
    answer = post(ana, place, "k", **body)

    assert (status, code) == (answer.status_code, answer.json()["code"])


def test_who_did_it_is_in_the_audit_log(told, ana, ben, workspace):
    """Set aside, released and dismissed; what waits is counted by its reason."""
    bad, unread = number(told, "record 3"), number(told, "record 2")
    post(ana, "releases", "r", records=[bad], note="n", corrections={str(bad): {"amount": "1.00"}})
    post(ana, "dismissals", "d", records=[unread], note="no record")

    events = ben.get("/v1/audit-log", params={"actor": "ana"}).json()
    waiting = workspace.run(fact_quarantine.outstanding, read_only=True)

    found = {each["operation"]: each["details"] for each in events["records"]}
    assert 7 == len(found["facts.quarantine"]["records"])
    assert {"records": [bad], "note": "n"} == found["facts.release"]
    assert {"records": [unread], "note": "no record"} == found["facts.dismiss"]
    assert {
        "does-not-fit": 1,
        "no-record": 1,
        "out-of-range": 1,
        "unknown-kind": 1,
        "unreadable": 1,
    } == waiting
