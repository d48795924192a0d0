"""Every refusal is a problem that says what, why and what to do, and leads to its page."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from api.problems import TABLE, WebError, status_of
from revrec import errors
from revrec.errors import RevrecError
from tests.api.requests import CONTRACT, NDJSON, close, keyed, record, reopen, send

DOCUMENT = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))
JSON = {"Content-Type": "application/json"}


def told(client, content, **headers):
    """Post raw bytes as facts."""
    return client.post("/v1/facts", content=content, headers={**keyed("k"), **JSON, **headers})


CASES = [
    (401, "unauthorised", lambda c: c["nobody"].get("/v1/periods")),
    (403, "forbidden", lambda c: record(c["cleo"], [CONTRACT], "k")),
    (403, "self-approval", lambda c: close(c["ana"], "2026-01", "k", approved_by="ana")),
    (403, "self-approval", lambda c: reopen(c["ben"], "2026-01", "k", requested_by="ben")),
    (404, "not-found", lambda c: c["ana"].get("/v1/nothing")),
    (404, "not-found", lambda c: c["ana"].get("/v1/periods/2026-01")),
    (404, "not-found", lambda c: c["ana"].get("/v1/contracts/X/explanation?as_of=2026-01-31")),
    (404, "not-found", lambda c: c["ana"].get("/problems/nothing")),
    (405, "method-not-allowed", lambda c: c["ana"].delete("/v1/periods")),
    (409, "period-not-ready", lambda c: reopen(c["ben"], "2026-01", "k")),
    (413, "payload-too-large", lambda c: told(c["ana"], b"[" + b" " * 70_000 + b"]")),
    (413, "payload-too-large", lambda c: send(c["ana"], b"x" * 200_000, "k")),
    (413, "payload-too-large", lambda c: send(c["ana"], iter([b"x" * 60_000] * 3), "k")),
    (415, "unsupported-media-type", lambda c: told(c["ana"], b"[]", **{"Content-Type": "a/b"})),
    (422, "malformed-request", lambda c: c["ana"].get("/v1/periods/2026-13")),
    (422, "malformed-request", lambda c: c["ana"].get("/v1/periods/9999-12/flash")),
    (422, "malformed-request", lambda c: c["ana"].get("/v1/journal?limit=5001")),
    (422, "feed-error", lambda c: c["ana"].get("/v1/journal?cursor=12")),
    (422, "malformed-request", lambda c: c["ana"].get("/v1/contracts/C-1/explanation")),
    (422, "malformed-request", lambda c: send(c["ana"], NDJSON, "k", name="")),
    (422, "malformed-request", lambda c: send(c["ana"], NDJSON, "k", name="../x")),
    (422, "malformed-request", lambda c: close(c["ana"], "2026-01", "k", approved_by="")),
    (422, "malformed-request", lambda c: close(c["ana"], "2026-01", "k", approved_by=7)),
    (422, "feed-error", lambda c: told(c["ana"], b"{")),
    (422, "feed-error", lambda c: told(c["ana"], b"{}")),
    (422, "feed-error", lambda c: told(c["ana"], b"")),
    (422, "feed-error", lambda c: told(c["ana"], b'["\xff"]')),
    (422, "feed-error", lambda c: told(c["ana"], rb'["\ud800"]')),
    (422, "feed-error", lambda c: told(c["ana"], b"[NaN]")),
    (422, "feed-error", lambda c: told(c["ana"], b"[" * 60_000)),
    (422, "feed-error", lambda c: told(c["ana"], b"[" + b"0," * 10_000 + b"0]")),
    (422, "feed-error", lambda c: send(c["ana"], b"PK\x03\x04", "k", name="usage.xlsx")),
    (422, "feed-error", lambda c: send(c["ana"], b"", "k", name="usage.csv.gz")),
]


@pytest.fixture
def limits():
    """Small bodies, so that large ones are quickly made."""
    return {"request_bytes_max": 65_536, "upload_bytes_max": 131_072}


@pytest.fixture
def callers(client, ana, ben, cleo):
    """Who asks."""
    return {"nobody": client, "ana": ana, "ben": ben, "cleo": cleo}


@pytest.mark.parametrize(
    ("status", "code", "ask"), CASES, ids=[f"{row[1]}-{n}" for n, row in enumerate(CASES)]
)
def test_a_refusal_is_a_problem(status, code, ask, callers):
    """Status, code, media type, the declared schema, a request id, and a page."""
    answer = ask(callers)

    assert (status, code) == (answer.status_code, answer.json().get("code")), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    schema = {"$ref": "#/components/schemas/Problem", "components": DOCUMENT["components"]}
    jsonschema.validate(answer.json(), schema)
    assert answer.json()["status"] == status
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert callers["nobody"].get(answer.json()["type"]).status_code == 200


def test_an_unknown_field_is_named(ana):
    """A field nobody reads is refused, with a pointer to it."""
    answer = ana.post(
        "/v1/periods/2026-01/close",
        json={"approved_by": "ben", "force": True},
        headers=keyed("k"),
    )

    assert answer.status_code == 422
    assert ["/body/force"] == [each["pointer"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/v1/facts", "GET", "POST"),
        ("/v1/journal", "POST", "GET"),
        ("/v1/periods/2026-01", "PATCH", "GET"),
        ("/v1/periods/2026-01/close", "GET", "POST"),
        ("/v1/usage/batches", "PUT", "GET, POST"),
        ("/health/live", "POST", "GET"),
    ],
)
def test_allow_names_every_method_of_the_path(path, method, allowed, ana):
    """RFC 9110, 15.5.6."""
    answer = ana.request(method, path)

    assert (405, allowed) == (answer.status_code, answer.headers["Allow"])


def descendants(kind):
    """The class and everything under it, of the core and of the web."""
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


def test_every_error_has_its_row_and_its_page(client):
    """No error falls through to a default, and each page says what the error means."""
    kinds = {
        kind
        for kind in descendants(RevrecError) - {RevrecError}
        if kind.__module__ in {errors.__name__, WebError.__module__}
    }

    assert {kind.code for kind in kinds} == set(TABLE)
    assert [] == [code for code, kind in TABLE.items() if not kind.meaning]
    assert [] == [kind.code for kind in kinds if status_of(kind) != TABLE[kind.code].status]
    assert [] == [
        code for code in TABLE if f"/problems/{code}" not in client.get("/problems/").text
    ]
    page = client.get("/problems/self-approval").text
    assert "preparer and approver are the same person" in page
    assert "403" in page


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "2199-12-31", "9999-12-31"])
def test_no_day_breaks_the_service(day, ana):
    """The ends of the calendar are answered like any other day."""
    record(ana, [CONTRACT], "k")

    answer = ana.get("/v1/contracts/C-1/explanation", params={"as_of": day})

    assert answer.status_code == 200


def test_an_unexpected_error_tells_nothing_of_the_inside(client, ana, superuser, log):
    """500 with a request id; the table's name is for the log."""
    superuser.execute("alter table records.period_close rename column totals to sums")
    try:
        answer = ana.get("/v1/periods/2026-01")
    finally:
        superuser.execute("alter table records.period_close rename column sums to totals")

    assert (500, "internal-error") == (answer.status_code, answer.json()["code"])
    assert "totals" not in answer.text
    assert "totals" in log.getvalue()
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
    assert client.get("/health/ready").status_code == 200


def test_no_browser_guesses_frames_or_tells(client):
    """Answers and refusals are of the type they say, in no frame, and are no referrer."""
    for path in ("/health/live", "/problems/", "/v1/periods", "/nowhere"):
        headers = client.get(path).headers
        assert ("nosniff", "DENY", "no-referrer", "no-store") == tuple(
            headers[name]
            for name in (
                "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control",
            )
        )  # fmt: skip
