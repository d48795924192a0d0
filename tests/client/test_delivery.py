"""Requests arrive, whatever happens on the way, and what they do is done once."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from decimal import Decimal

import pytest

from revrec import client as lib
from revrec.client import calls
from tests.client.scripted import Reply

RECORDED = {"new": 1, "unchanged": 0, "corrected": 0, "refused": []}
TOTAL = {"rows": 1, "quantity": "10.000000000", "amount": "12.340000000000"}
BATCH = {
    "batch": "b",
    **dict.fromkeys(("received", "accepted", "duplicate", "quarantined"), TOTAL),
}
ENTRY = {
    "seq": 1,
    "period": "2026-01",
    "origin": "2026-01",
    "event": "satisfaction",
    "memo": "",
    "posted_at": "2026-02-01T09:00:00Z",
    "posted_by": "ana",
    "previous": "0",
    "digest": "1",
    "lines": [],
}
NOTHING = {"records": [], "next": None}
JOB = {
    "id": "job_1",
    "kind": "close",
    "arguments": {},
    "requested_by": "ana",
    "requested_at": "2026-02-01T09:00:00Z",
    "state": "queued",
    "attempts": 0,
    "step": "waits",
    "steps_done": 0,
    "steps_total": 0,
    "result": None,
    "error": None,
    "started_at": None,
    "ended_at": None,
    "cancelled_by": None,
    "cancelled_at": None,
}
BUSY = Reply(status=503, body={"code": "store-error", "detail": "Later."})
CUT = Reply(cut=0)
IN_WORK = Reply(status=409, body={"code": "request-in-progress"}, headers={"Retry-After": "0"})
SLOWER = Reply(status=429, body={"code": "too-many-requests"}, headers={"Retry-After": "0"})


def problem(status, code, **told):
    """A problem as the service writes it."""
    headers = {"Content-Type": "application/problem+json", "X-Request-ID": "r-1"}
    return Reply(status=status, body={"code": code, **told}, headers=headers)


@pytest.mark.parametrize(
    "first", [BUSY, CUT, IN_WORK, SLOWER], ids="busy cut in-work slower".split()
)
def test_what_may_be_tried_again_is_under_the_same_key(first, ask, script):
    """Two failures and an answer: three requests, one key, which is not empty."""
    script.say(first, first, Reply(body=RECORDED))

    recorded = ask(lambda books: books.record_facts([{"kind": "contract"}]))

    assert recorded.new == 1
    assert len(script.heard) == 3
    assert len(set(script.keys())) == 1
    assert script.keys()[0]
    assert {each.body for each in script.heard} == {b'[{"kind":"contract"}]'}


def test_what_did_not_change_is_not_read_again(ask, script):
    """The ETag goes along; 304 is None, another state is the answer, and nothing is repeated."""
    changed = Reply(body=JOB, headers={"ETag": '"b"'})
    script.say(Reply(status=304, headers={"ETag": '"a"'}), changed)

    same = ask(lambda books: books.fresh(calls.get_job("job_1"), '"a"'))
    other = ask(lambda books: books.fresh(calls.get_job("job_1"), '"a"'))

    assert same is None
    assert ("job_1", '"b"') == (other.value.id, other.etag)
    assert ['"a"', '"a"'] == [each.headers["if-none-match"] for each in script.heard]


def test_each_request_has_a_key_of_its_own(ask, script):
    """Two facts in two requests are two effects; reading needs no key."""
    script.say(Reply(body=RECORDED), Reply(body=RECORDED), Reply(body=NOTHING))

    ask(lambda books: books.record_facts([]))
    ask(lambda books: books.record_facts([]))
    ask(lambda books: books.list_periods())

    first, second, reading = script.keys()
    assert first != second
    assert reading is None


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ([BUSY] * 4, lib.Failed),
        ([SLOWER] * 4, lib.TooMany),
        ([IN_WORK] * 4, lib.Conflicting),
        ([Reply(status=429, body={}, headers={"Retry-After": "4"})], lib.TooMany),
        ([problem(409, "period-closed")], lib.Conflicting),
        ([problem(500, "internal-error")], lib.Failed),
    ],
    ids="busy slower in-work later-than-waited-for closed bug".split(),
)
def test_attempts_end(replies, kind, ask, script):
    """After the last attempt, or where another is of no use, the refusal is raised."""
    script.say(*replies)

    with pytest.raises(kind):
        ask(lambda books: books.list_periods())

    assert script.replies == []


def test_a_service_that_never_answers_leaves_the_key(ask, script):
    """Whether it happened is not known; the key asks again."""
    script.say(*[CUT] * 4)

    with pytest.raises(lib.CannotReach, match="after 4 attempts") as raised:
        ask(lambda books: books.record_facts([]))

    assert script.keys() == [raised.value.key] * 4
    assert raised.value.key in str(raised.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, lib.Invalid),
        (401, lib.Unauthorised),
        (403, lib.Forbidden),
        (404, lib.NotFound),
        (409, lib.Conflicting),
        (412, lib.Changed),
        (413, lib.Invalid),
        (422, lib.Invalid),
        (428, lib.Changed),
        (500, lib.Failed),
    ],
)
def test_a_refusal_says_what_to_do(status, kind, ask, script):
    """Code, values, field, paragraph, remedy and request id are the problem's."""
    script.say(
        problem(
            status,
            "feed-error",
            detail="The amount is 1.2.3.",
            remedy="Tell a decimal.",
            citation="606-10-32-2",
            request_id="r-1",
            errors=[{"pointer": "/body/0/amount", "message": "not a decimal"}],
        )
    )

    with pytest.raises(lib.Refused) as raised:
        ask(lambda books: books.list_periods())

    error = raised.value
    assert type(error) is kind
    assert (status, "feed-error", "Tell a decimal.") == (error.status, error.code, error.remedy)
    assert ("0/amount", "606-10-32-2", "r-1") == (error.field, error.citation, error.request_id)
    assert str(error) == "The amount is 1.2.3. Tell a decimal."


def test_a_file_of_records_is_sent_as_lines(ask, script, tmp_path):
    """As it is, under the type by which the service reads it line by line."""
    path = tmp_path / "night.ndjson"
    path.write_bytes(b'{"kind": "contract"}\nno json\n')
    bad = {"place": "record 2", "message": "m", "reason": "unreadable", "fields": [], "record": 1}
    script.say(Reply(body={**RECORDED, "refused": [bad]}))

    told = ask(lambda books: books.upload_facts(path))

    (heard,) = script.heard
    assert ("application/x-ndjson", path.read_bytes()) == (
        heard.headers["content-type"],
        heard.body,
    )
    assert [("record 2", "unreadable", 1)] == [
        (each.place, each.reason, each.record) for each in told.refused
    ]


@pytest.mark.parametrize("body", [b"<html>Bad request</html>", b"[]", b""])
def test_an_answer_of_something_in_between_is_told_too(body, ask, script):
    """A proxy's page is no problem document; its status is."""
    script.say(Reply(status=400, body=body))

    with pytest.raises(lib.Invalid, match="Bad Request") as raised:
        ask(lambda books: books.list_periods())

    assert ("http-400", "") == (raised.value.code, raised.value.field)


def test_a_file_is_sent_whole_at_each_attempt(ask, script, tmp_path):
    """Its length is told ahead; a second attempt begins from its beginning."""
    path = tmp_path / "usage.ndjson"
    content = b"x" * 300_000
    path.write_bytes(content)
    script.say(CUT, BUSY, Reply(body=BATCH))

    received = ask(lambda books: books.ingest_usage(path, form="counted"))

    assert received.accepted.amount == Decimal("12.34")
    assert [content] * 3 == [each.body for each in script.heard]
    assert {"300000"} == {each.headers["content-length"] for each in script.heard}
    assert script.heard[0].path == "/v1/usage/batches?name=usage.ndjson&form=counted"
    assert len(set(script.keys())) == 1


def test_pages_follow_the_link(ask, script):
    """Items of all pages, and no request more than there are pages."""
    following = {"Link": '</v1/journal?cursor=x&limit=1>; rel="next"'}
    script.say(
        Reply(body={"records": [ENTRY], "next": "x"}, headers=following),
        Reply(body={"records": [{**ENTRY, "seq": 2, "added": 1}], "next": None}),
    )

    found = ask(lambda books: books.list_journal(period="2026-01"))

    assert [1, 2] == [each.seq for each in found]
    assert ["/v1/journal?limit=500&period=2026-01", "/v1/journal?cursor=x&limit=1"] == [
        each.path for each in script.heard
    ]


def saved(content, **headers):
    """A file with its digest."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Reply(body=content, headers={"Repr-Digest": f"sha-256=:{digest}:", **headers})


def test_a_download_that_breaks_off_is_begun_again(ask, script, tmp_path):
    """What is there in the end is whole, and nothing is beside it."""
    content = bytes(range(256)) * 1000
    script.say(Reply(body=content, cut=1000), BUSY, saved(content))
    path = tmp_path / "board.zip"

    found = ask(lambda books: books.download_package("2026-01", "board", path))

    assert (content, [path]) == (path.read_bytes(), list(tmp_path.iterdir()))
    assert (len(content), hashlib.sha256(content).hexdigest()) == (found.bytes, found.sha256)
    assert {"application/zip"} == {each.headers["accept"] for each in script.heard}


@pytest.mark.parametrize("status", [200, 404])
def test_a_damaged_or_refused_download_leaves_nothing(status, ask, script, tmp_path):
    """The file that was there before stays as it was."""
    path = tmp_path / "board.zip"
    path.write_bytes(b"before")
    damaged = Reply(body=b"damaged", headers=saved(b"whole").headers)
    script.say(damaged if status == 200 else problem(404, "not-found", detail="None."))

    with pytest.raises(lib.DamagedDownload if status == 200 else lib.NotFound):
        ask(lambda books: books.download_package("2026-01", "board", path))

    assert (b"before", [path]) == (path.read_bytes(), list(tmp_path.iterdir()))


def test_a_call_has_the_key_and_the_condition_it_is_given(ask, script):
    """And its answer tells whether it is one of before, and which state it is of."""
    headers = {"ETag": '"2"', "Idempotency-Replayed": "true", "X-Request-ID": "r-9"}
    script.say(Reply(body=RECORDED, headers=headers))

    answer = ask(lambda books: books.send(calls.record_facts([]).keyed("facts-1").matching('"1"')))

    heard = script.heard[0].headers
    assert ("facts-1", '"1"') == (heard["idempotency-key"], heard["if-match"])
    assert ('"2"', True, "r-9") == (answer.etag, answer.replayed, answer.request_id)
    assert heard["authorization"] == "Bearer ana-key"


def test_another_entity_is_asked_for(script):
    """Whoever asks for none gets the service's own."""
    script.say(Reply(body=NOTHING), Reply(body=NOTHING))

    for entity in (2, None):
        with lib.Client(script.url, key="ana-key", entity=entity) as books:
            list(books.list_periods())

    assert ["2", None] == [each.headers.get("revrec-entity") for each in script.heard]


def test_a_job_is_waited_for(ask, script):
    """Until it is done; what it says then is what is returned."""
    done = {**JOB, "state": "done", "result": {"chain_head": "9f"}}
    script.say(Reply(body=JOB), Reply(body={**JOB, "state": "running"}), Reply(body=done))

    def start_and_wait(books):
        if isinstance(books, lib.Client):
            return books.wait(books.start_job("close", {"period": "2026-01"}))

        async def awaited():
            return await books.wait(await books.start_job("close", {"period": "2026-01"}))

        return awaited()

    job = ask(start_and_wait)

    assert job.result == {"chain_head": "9f"}
    assert json.loads(script.heard[0].body) == {
        "kind": "close",
        "arguments": {"period": "2026-01"},
    }


@pytest.mark.parametrize(
    ("told", "kind", "said"),
    [
        (
            {"state": "failed", "error": {"code": "period-not-ready", "message": "Not yet."}},
            lib.JobFailed,
            "failed: Not yet.",
        ),
        ({"state": "cancelled", "step": "no longer wanted"}, lib.JobFailed, "no longer wanted"),
        ({"state": "running"}, lib.WaitedTooLong, "It goes on."),
    ],
    ids="failed cancelled slow".split(),
)
def test_a_wait_ends_otherwise(told, kind, said, ask, script):
    """A job that fails is an error with the code of what stopped it."""
    script.say(*[Reply(body={**JOB, **told})] * 2)

    def look_and_wait(books):
        if isinstance(books, lib.Client):
            return books.wait(books.get_job("job_1"), seconds_max=0.01)

        async def awaited():
            return await books.wait(await books.get_job("job_1"), seconds_max=0.01)

        return awaited()

    with pytest.raises(kind, match=said) as raised:
        ask(look_and_wait)

    assert getattr(raised.value, "code", "") == told.get("error", {}).get(
        "code", "cancelled" if told["state"] == "cancelled" else ""
    )


def test_amounts_are_sent_as_text(ask, script):
    """A decimal keeps its digits and a day its form; nothing passes through a float."""
    script.say(Reply(body=RECORDED))
    record = {"kind": "invoice", "amount": Decimal("0.10"), "on": date(2026, 1, 31)}

    ask(lambda books: books.record_facts([record]))

    assert script.heard[0].body == b'[{"kind":"invoice","amount":"0.10","on":"2026-01-31"}]'
