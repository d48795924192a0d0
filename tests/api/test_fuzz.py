"""Whatever is sent, the service answers as its own description says, and never fails."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
import pytest
import schemathesis
from hypothesis import Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from starlette.testclient import TestClient

from api.app import create_app
from revrec.operations.people import digest_of_key
from revrec.operations.workspace import Workspace
from tests.api.requests import CONTRACT, NDJSON, close, record, send
from tests.api.test_openapi import OPERATIONS
from tests.properties.profiles import examples

KEY = "fuzz-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}
NAMES = sorted(each["operationId"] for each in OPERATIONS)
BOOKS = 900_001
"""The entity that is read; each operation that writes has one of its own."""


READS = {
    operation["operationId"]
    for operation in OPERATIONS
    if not any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
}
STATES = {"Revrec-Entity", "If-Match"}
ROW_BY_ROW = {"record_facts", "ingest_usage", "record_counts", "run_in_parallel"}
"""A record that does not fit is refused in the answer and stops no other."""


@pytest.fixture(scope="module")
def books(database, lake):
    """Books with a contract, usage and a closed month."""
    return Workspace(database=database, lake=lake, entity=BOOKS, actor="preparer")


@pytest.fixture(scope="module")
def schema(books, settings):
    """The service's description of itself, leading to the service."""
    app = create_app(books, settings, open_key=digest_of_key(KEY))
    client = TestClient(app, headers=HEADERS)
    assert record(client, [CONTRACT], "facts").status_code == 200
    assert send(client, NDJSON, "usage").status_code == 200
    assert close(client, "2026-01", "close", said=True).status_code == 200
    config = schemathesis.Config.from_dict(
        {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "4xx"]}}}
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


@pytest.fixture(scope="module")
def operations(schema):
    """What can be asked, by name."""
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.definition.raw["operationId"]: each for each in found}


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_a_described_one(schema, operations, books, name):
    """Fitting and unfitting requests: no failure, no status, header or body but those told.

    A fitting request may be refused for what it says, and never for its form.
    """
    own = books if name in READS else replace(books, entity=BOOKS + 1 + NAMES.index(name))
    schema.app.state.workspace = own
    operation = operations[name]
    excluded = [CHECKS.get_one("negative_data_rejection")] if name in ROW_BY_ROW else []

    @hypothesis.settings(examples(commit=2, torture=500), phases=[Phase.generate])
    @given(data=st.data())
    def answered(data):
        for mode in GenerationMode:
            case = data.draw(operation.as_strategy(mode))
            if mode is GenerationMode.POSITIVE:
                # Any entity and any state of a resource but those that are would be all there is.
                case.headers = {n: v for n, v in (case.headers or {}).items() if n not in STATES}
            answer = case.call_and_validate(headers=HEADERS, excluded_checks=excluded)
            if mode is GenerationMode.POSITIVE and answer.status_code >= 400:
                assert answer.json()["code"] != "malformed-request", answer.json()

    answered()
