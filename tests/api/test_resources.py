"""What was told, over HTTP: listed page by page and in every form, as it was known at a moment."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet
import pytest

from api.bodies import NDJSON
from tests.api.requests import CONTRACT, keyed, record

BILL = {
    "kind": "invoice",
    "id": "I-1",
    "contract": "C-1",
    "on": "2026-01-05",
    "lines": [{"amount": "100.00"}],
}
CONTRACTS = [
    {**CONTRACT, "id": f"C-{number}", "customer": customer}
    for number, customer in enumerate(("bolt", "acme", "acme", "crux", "acme"), start=1)
]


@pytest.fixture
def cleo(ana, cleo):
    """Reads five contracts of three customers, and a bill."""
    told = record(ana, [*CONTRACTS, BILL], "facts")
    assert (6, []) == (told.json()["new"], told.json()["refused"])
    return cleo


def followed(client, path, **query):
    """Every page of a list."""
    pages = [client.get(path, params=query)]
    while "next" in pages[-1].links:
        pages.append(client.get(pages[-1].links["next"]["url"]))
    assert {200} == {each.status_code for each in pages}
    assert [None] == [each.json()["next"] for each in pages if not each.json()["next"]]
    return [each.json()["records"] for each in pages]


def test_pages_join_and_filters_choose(cleo):
    """Two at a time, in order of ids; of a customer, of a contract, of days."""
    pages = followed(cleo, "/v1/contracts", limit=2)
    assert [["C-1", "C-2"], ["C-3", "C-4"], ["C-5"]] == [
        [each["key"] for each in page] for page in pages
    ]
    ((first, *_),) = followed(cleo, "/v1/contracts", customer="crux")
    assert ("C-4", "crux", 1, "ana") == (
        *(first["key"], first["record"]["customer"], first["version"], first["recorded_by"]),
    )
    assert [[("acme", 3)], [("bolt", 1)], [("crux", 1)]] == [
        [(each["customer"], each["contracts"]) for each in page]
        for page in followed(cleo, "/v1/customers", limit=1)
    ]
    for query, found in (
        ({"contract": "C-1"}, ["I-1"]),
        ({"contract": "C-2"}, []),
        ({"from": "2026-01-05", "to": "2026-01-05"}, ["I-1"]),
        ({"from": "2026-01-06"}, []),
    ):
        (page,) = followed(cleo, "/v1/facts/invoice", **query)
        assert found == [each["key"] for each in page]


def test_a_contract_of_another_customer_now_is_no_longer_of_the_first(ana, cleo, clock):
    """A customer is what its contracts tell now, or told then; one without any is none."""
    then = clock.now().isoformat()
    clock.advance(timedelta(minutes=1))
    moved = {**CONTRACTS[3], "customer": "acme", "customer_name": "Acme Inc."}
    assert 1 == record(ana, [moved], "moved").json()["corrected"]

    acme = cleo.get("/v1/customers/acme")
    told = acme.json()

    assert (4, "Acme Inc.", CONTRACT["inception"]) == tuple(
        told[each] for each in ("contracts", "name", "last_inception")
    )
    assert [[told], ["bolt"]] == [
        [told] if page == [told] else [each["customer"] for each in page]
        for page in followed(cleo, "/v1/customers", limit=1)
    ]
    tag = {"If-None-Match": acme.headers["ETag"]}
    assert 304 == cleo.get("/v1/customers/acme", headers=tag).status_code
    assert 404 == cleo.get("/v1/customers/crux").status_code
    crux = cleo.get("/v1/customers/crux", params={"known_at": then}).json()
    assert ("crux", 1) == (crux["customer"], crux["contracts"])


def test_every_form_holds_the_same_rows(cleo):
    """Contracts and customers: JSON, NDJSON, CSV, Arrow and Parquet."""
    for path, key in (("/v1/contracts", "key"), ("/v1/customers", "customer")):
        (page,) = followed(cleo, path)
        keys = [each[key] for each in page]

        def read(form, path=path):
            return cleo.get(path, headers={"Accept": form})

        rows = [json.loads(line) for line in read(NDJSON).text.splitlines()]
        arrow = pa.ipc.open_stream(read("application/vnd.apache.arrow.stream").content)
        parquet = io.BytesIO(read("application/vnd.apache.parquet").content)
        table = arrow.read_all()
        assert keys == [each[key] for each in rows] == table[key].to_pylist()
        assert table.equals(pyarrow.parquet.read_table(parquet))
        assert keys == [each[key] for each in csv.DictReader(io.StringIO(read("text/csv").text))]
        assert 406 == read("image/png").status_code


def test_what_was_known_then_is_read_now(ana, cleo, clock):
    """A corrected bill has two versions; a page goes on in what was known when it began."""
    moment = clock.now().isoformat()
    clock.advance(timedelta(minutes=1))
    first = cleo.get("/v1/contracts", params={"limit": 4})
    corrected = {**BILL, "lines": [{"amount": "70.00"}]}
    assert 200 == record(ana, [corrected, {**CONTRACT, "id": "C-9"}], "more").status_code

    def billed(**query):
        told = cleo.get("/v1/facts/invoice/I-1", params=query).json()["versions"]
        return [each["record"]["lines"][0]["amount"] for each in told]

    def recognised(**query):
        asked = {"as_of": "2026-01-31", **query}
        return cleo.get("/v1/contracts/C-1/explanation", params=asked).json()["balances"]["billed"]

    assert ["100.00", "70.00"] == billed()
    assert ["100.00"] == billed(known_at=moment)
    assert ["70.00", "100.00"] == [
        recognised()["amount"],
        recognised(known_at=moment)["amount"],
    ]
    rest = cleo.get(first.links["next"]["url"]).json()["records"]
    assert ["C-5"] == [each["key"] for each in rest]
    assert 404 == cleo.get("/v1/contracts/C-9", params={"known_at": moment}).status_code
    assert "C-9" == cleo.get("/v1/contracts/C-9").json()["record"]["id"]
    assert 422 == cleo.get("/v1/contracts", params={"cursor": "nonsense"}).status_code


def test_a_schedule_over_http(cleo):
    """100.00 a day: 3,100.00 in January, 36,500.00 by December."""
    told = cleo.get("/v1/contracts/C-1/schedule").json()

    assert ("2026-01", "3100.00") == (
        told["lines"][0]["period"],
        told["lines"][0]["amount"]["amount"],
    )
    assert "36500.00" == told["lines"][-1]["to_date"]["amount"]


def test_lines_are_told_one_by_one(ana):
    """Of four lines, one is no JSON and one no fact: both are named, the others count, once."""
    lines = [json.dumps(CONTRACTS[0]), "{not json", "", json.dumps(BILL), '{"kind": "bill"}']
    sent = {"content": "\n".join(lines), "headers": {"Content-Type": NDJSON, **keyed("lines")}}

    told = ana.post("/v1/facts", **sent)
    again = ana.post("/v1/facts", **sent)

    assert (200, 2, 2) == (told.status_code, told.json()["new"], len(told.json()["refused"]))
    assert ["record 2", "record 4"] == [each["place"] for each in told.json()["refused"]]
    assert "line 2" in told.json()["refused"][0]["message"]
    assert (told.content, "true") == (again.content, again.headers["Idempotency-Replayed"])
