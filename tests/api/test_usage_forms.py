"""Every form of usage over HTTP: rated days, and events that are rated here, as streams."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pyarrow as pa

from tests.api.requests import keyed, record

CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2026-01-01",
    "obligations": [{"id": "api", "product": "api", "measure": "usage", "meters": ["tokens"]}],
    "consideration": [{"id": "use", "kind": "usage", "obligation": "api"}],
}
CARD = {
    "kind": "rate_card",
    "id": "list-1",
    "card": "list",
    "currency": "USD",
    "effective_from": "2026-01-01",
    "prices": [{"id": "tokens", "meter": "tokens", "unit_amount": "2", "per": "1000"}],
}
AGREED = {
    "kind": "price_agreement", "id": "a", "contract": "C-1", "on": "2026-01-01", "card": "list",
}  # fmt: skip


def event(number: int, hour: str) -> dict[str, str]:
    """750 tokens at an hour of 20 January."""
    return {
        "source": "gateway",
        "usage_id": f"e-{number}",
        "contract": "C-1",
        "meter": "tokens",
        "time": f"2026-01-20T{hour}:00:00Z",
        "quantity": "750",
        "unit": "token",
    }


def arrow(rows: list[dict[str, str]]) -> bytes:
    """Rows as an Arrow IPC stream."""
    table = pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def lines(rows: list[dict[str, str]]) -> bytes:
    """Rows as NDJSON."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def sent(client: Any, content: bytes, name: str, form: str) -> Any:
    """Upload a file in a form."""
    asked = {"name": name, "form": form}
    return client.post("/v1/usage/batches", params=asked, content=content, headers=keyed(name))


def test_events_come_as_streams_and_are_rated_by_a_request(ana, cleo):
    """Three times 750 tokens at 2.00 a thousand are 4.50; the same request again rates nothing."""
    assert record(ana, [CONTRACT, CARD, AGREED], "books").json()["new"] == 3
    for number, (name, content) in enumerate(
        [
            ("e.arrow", arrow([event(1, "09")])),
            ("e.ndjson", lines([event(2, "10")])),
            ("e.ndjson.gz", gzip.compress(lines([event(3, "11"), event(1, "09")]))),
        ]
    ):
        told = sent(ana, content, name, "events").json()
        assert (told["accepted"]["rows"], told["duplicate"]["rows"]) == (1, number // 2)

    first, same, other = (
        ana.post("/v1/usage/ratings", json={"through": "2026-01-31"}, headers=keyed(key))
        for key in ("r-1", "r-1", "r-2")
    )

    assert (first.json()["amounts"], first.json()["unpriced"]) == ({"USD": "4.500000000000"}, [])
    assert (same.content, same.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert (other.json()["new"], other.json()["corrected"], other.json()["batch"]) == (0, 0, None)
    (total,) = cleo.get("/v1/usage/totals", params={"by": "contract"}).json()["totals"]
    assert total["amount"] == "4.500000000000"


def test_events_are_no_rated_days(ana):
    """Told as such the row is set aside with its reason; a form that nobody knows is refused."""
    told = sent(ana, lines([event(1, "09")]), "e.ndjson", "rated").json()
    (row,) = ana.get("/v1/usage/quarantine").json()["records"]

    assert (told["accepted"]["rows"], told["quarantined"]["rows"]) == (0, 1)
    assert row["reason"] in {"missing-field", "unknown-field"}
    assert sent(ana, lines([event(1, "09")]), "m.ndjson", "minutes").status_code == 422
