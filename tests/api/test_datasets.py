"""Data sets of closed periods over HTTP: the same rows in every form, page by page, once."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from revrec.operations.workspace import Workspace
from tests.api.conftest import PEOPLE
from tests.api.requests import CONTRACT, NDJSON, close, record, reopen, send
from tests.people import enrol

JANUARY = {"period": "2026-01"}
SHARED = 1_000_000
"""The entity of the books that several tests read."""
OTHER = {**CONTRACT, "id": "C-2", "customer": "bolt", "currency": "JPY"} | {
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "365000"}]
}


def closed(ana, cleo):
    """Closes January of a contract in dollars and one in yen; reads its data sets."""
    recorded = record(ana, [CONTRACT, OTHER], "facts")
    assert [] == recorded.json()["refused"]
    assert 200 == send(ana, NDJSON, "usage").status_code
    assert 200 == close(ana, "2026-01", "close").status_code

    def reading(name, accept="application/json", headers=(), **told):
        path = f"/v1/datasets/{name}" if name else "/v1/datasets"
        return cleo.get(path, params=JANUARY | told, headers={"Accept": accept, **dict(headers)})

    return reading


@pytest.fixture(scope="module")
def read(database, lake, settings):
    """Reads data sets of books that no test of the module changes."""
    books = Workspace(database=database, lake=lake, entity=SHARED, actor="preparer")
    enrol(books, PEOPLE)
    app = create_app(books, settings)
    keys = ({"Authorization": f"Bearer {each}-key"} for each in ("ana", "cleo"))
    ana, cleo = (TestClient(app, headers=key) for key in keys)
    with ana:
        yield closed(ana, cleo)


def test_every_form_holds_the_same_rows(read):
    """Every data set: JSON, NDJSON, CSV, Arrow and Parquet are equal, decimals to the last."""
    listed = read("").json()
    assert {"revenue_waterfall", "remaining_obligations", "journal_detail"} <= {
        each["name"] for each in listed
    }
    exact = {"money", "quantity", "ratio"}
    for each in listed:
        name, columns = each["name"], {c["name"]: c["type"] for c in each["columns"]}
        rows = read(name, limit="10000").json()["records"]
        assert each["rows"] == len(rows)
        assert rows == [
            json.loads(line) for line in read(name, "application/x-ndjson").text.splitlines()
        ]
        twin = list(csv.DictReader(io.StringIO(read(name, "text/csv").text)))
        assert [[_written(value) for value in row.values()] for row in rows] == [
            [value.removeprefix("'") for value in row.values()] for row in twin
        ]
        arrow = pa.ipc.open_stream(read(name, "application/vnd.apache.arrow.stream").content)
        parquet = pyarrow.parquet.read_table(
            io.BytesIO(read(name, "application/vnd.apache.parquet").content)
        )
        table = arrow.read_all()
        assert table.equals(parquet)
        assert list(columns) == table.column_names
        for told, shown in zip(table.to_pylist(), rows, strict=True):
            for column, kind in columns.items():
                value = shown[column]
                is_exact = kind in exact and value is not None
                assert told[column] == (Decimal(value) if is_exact else told[column])
                assert is_exact or _written(told[column]) == _written(value)


def test_the_reconciliation_is_told_by_day_where_that_is_asked(read):
    """By month it has no days; by day each of January's earns its part of the month."""
    name = "reconciliation_by_day"
    assert 404 == read(name).status_code

    days = read(name, grain="day", limit="10000").json()["records"]
    months = read("reconciliation", grain="day").json()["records"]

    assert {f"2026-01-{day:02}" for day in range(1, 32)} == {each["day"] for each in days}
    for amount in ("rated", "invoiced", "revenue", "invoiced_less_revenue"):
        for contract in ("C-1", "C-2"):
            told, whole = (
                sum(Decimal(each[amount]) for each in rows if each["contract"] == contract)
                for rows in (days, months)
            )
            assert told == whole


def _written(value):
    return "" if value is None else str(value).removeprefix("'")


def test_money_has_the_decimals_of_its_currency(read):
    """31 of 365 days of 36,500.00 dollars and of 365,000 yen."""
    rows = read("revenue_waterfall").json()["records"]

    assert {"C-1": "3100.00", "C-2": "31000"} == {
        row["contract"]: row["actual_2026_01"] for row in rows if row["component"] == "fixed"
    }


def test_pages_join_and_filters_choose(read):
    """Following `next` gives every row once; a filter gives the rows that hold the value."""
    whole = read("journal_detail", limit="10000").json()["records"]
    found, answer = [], read("journal_detail", limit="3")
    while True:
        found += answer.json()["records"]
        if "next" not in answer.links:
            break
        told = dict(
            part.split("=") for part in answer.links["next"]["url"].split("?")[1].split("&")
        )
        answer = read("journal_detail", limit="3", cursor=told["cursor"])
    assert whole == found
    assert len(whole) > 3

    yen = read("journal_detail", where="currency=JPY").json()["records"]
    assert [row for row in whole if row["currency"] == "JPY"] == yen != []
    assert 422 == read("journal_detail", where="colour=red").status_code


def test_an_answer_is_named_and_a_cursor_is_of_its_close(ana, ben, cleo):
    """Nothing is sent twice; what is written changes the name; a new close ends the cursors."""
    read = closed(ana, cleo)
    first = read("journal_detail", limit="3")
    tag, cursor = first.headers["ETag"], first.links["next"]["url"].split("cursor=")[1]
    again = read("journal_detail", limit="3", headers={"If-None-Match": tag})
    other = read("journal_detail", "text/csv", headers={"If-None-Match": tag})
    assert (304, b"") == (again.status_code, again.content)
    assert 200 == other.status_code != tag

    assert 200 == reopen(ben, "2026-01", "reopen").status_code
    assert 404 == read("journal_detail").status_code
    assert 200 == close(ana, "2026-01", "again").status_code
    stale = read("journal_detail", limit="3", cursor=cursor.split("&")[0])
    assert (409, "conflict") == (stale.status_code, stale.json()["code"])
    changed = read("journal_detail", limit="3", headers={"If-None-Match": tag})
    assert 200 == changed.status_code


def test_what_cannot_be_had_is_refused(read):
    """No such form, no such data set, no order of time."""
    assert {"image/png": 406, "text/*": 200, "image/png, */*;q=0.1": 200} == {
        accept: read("journal_detail", accept).status_code
        for accept in ("image/png", "text/*", "image/png, */*;q=0.1")
    }
    assert 404 == read("nothing").status_code
    assert 422 == read("journal_detail", **{"from": "2026-02"}).status_code
