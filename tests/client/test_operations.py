"""The client asks for what the service's OpenAPI document describes, and reads what it answers."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator
from pydantic_core import to_json

from revrec.client import calls, new_key
from revrec.client.calls import Downloaded, Listing, Operation, Paged
from revrec.client.operations import Operations
from revrec.client.reports import Export, ExportedFile, PostedReference
from revrec.client.samples import Looked
from tests.api.requests import CONTRACT

SNAPSHOT = Path(__file__).parent.parent / "api" / "openapi.json"
DOCUMENT = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
DESCRIBED = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
GENERIC = ("get", "post")
OTHERWISE = {
    "read_dataset": "get_dataset",
    "download_dataset": "get_dataset",
    "download_package": "get_package",
    "download_sample_pack": "get_sample_pack",
    "download_evidence": "get_evidence",
    "download_export": "get_export_file",
    "upload_facts": "record_facts",
}
"""Method -> the operation, where it is named for what it does with the answer."""
WITHOUT = {"watch_job": "a stream of events that ends with the job; ``wait`` looks again instead"}
"""Operation without a method -> why."""
FILE = ExportedFile(name="a.csv", sha256="0" * 64, bytes=1, documents=1, lines=1)
EXPORT = Export(
    id=1,
    period="2026-01",
    close=1,
    chain_head="9f",
    layout="netsuite",
    layout_version=1,
    by="account",
    parameters={},
    files=[FILE],
    digest="9f",
    book="",
    exported_at=datetime.fromisoformat("2026-02-01T09:00:00+00:00"),
    exported_by="ana",
)
REFERENCE = PostedReference(
    document="d", number="1", posted_on=date(2026, 2, 1), currency="USD", amount=Decimal("1.00")
)
SAMPLES = {
    "records": [CONTRACT],
    ("release_facts", "records"): [12],
    ("release_facts", "corrections"): {12: {"amount": "12.50"}},
    ("dismiss_facts", "records"): [12],
    "record": 12,
    "request": 1,
    ("change_finding", "action"): "resolve",
    ("total_usage", "by"): ["contract", "month"],
    ("study_prices", "since"): date(2025, 2, 1),
    ("accept_conflict", "days"): 30,
    ("run_in_parallel", "rows"): [{"contract": "C-1", "period": "2026-01", "currency": "USD"}],
    ("calculate", "question"): DESCRIBED["calculate"][2]["requestBody"]["content"][
        "application/json"
    ]["example"],
    "results": [Looked(item="2026-01/3.12", audited=Decimal("1150.00"))],
    "label": {"project": "a=b"},
    ("get_usage_statement", "label"): "project",
    "most": 5,
    "version": 1,
    "confidence": Decimal("0.90"),
    ("draw_sample", "confidence"): Decimal(95),
    "method": "random",
    ("draw_sample", "seed"): "20260131",
    "unit": "posting",
    "account": "revenue",
    "last": "2026-01",
    "currency": "USD",
    "tolerable": Decimal("50000.00"),
    "expected": Decimal(0),
    "planning": "ratio",
    "zeros": 2,
    "size": 20,
    "bounds": [Decimal("1000.00")],
    "targets": ["weekend"],
    "top": 5,
    "treatment": "catch_up",
    "factors": ["is_intentional"],
    "factor": ["is_intentional"],
    ("forecast_use", "until"): date(2026, 3, 31),
    "tolerance": 1,
    "url": "https://hooks.example/revrec",
    "kinds": ["period.closed"],
    "thresholds": [80],
    ("list_exported_documents", "standing"): "matched",
    ("list_quarantined_facts", "kind"): "invoice",
    "begin": datetime.fromisoformat("2026-01-31T09:00:00+00:00"),
    "end": datetime.fromisoformat("2026-02-28T09:00:00+00:00"),
    "day": date(2026, 1, 31),
    "references": [REFERENCE],
    "export": EXPORT,
    "file": FILE,
    "period": "2026-01",
    "until": "2026-03",
    "first": "2026-01",
    "path": Path("usage.csv"),
    "sha256": new_key().sha256,
    "action": "close",
    "form": "counted",
    "by": "product",
    "book": "ifrs15",
    "state": "open",
    "kind": "person",
    "value": Decimal("-12.50"),
    "layout": "netsuite",
    "corrections": {12: {"meter": "tokens"}},
    "rows": [12, 13],
    "roles": ["preparer"],
    "duties": ["read"],
    "arguments": {"period": "2026-01"},
    "parameters": {"subsidiary": "Parent"},
    "where": {"contract": "C=1"},
    "as_of": date(2026, 1, 31),
    "through": date(2026, 1, 31),
    "due_on": date(2026, 1, 31),
    "since": datetime.fromisoformat("2026-01-31T09:00:00+00:00"),
    "seed": 1,
    "known_at": datetime.fromisoformat("2026-01-31T09:00:00+00:00"),
    "limit": 1,
    "after": 1,
    "days": 1,
    "after_hours": 1,
    "everything": True,
    "standing": True,
    "resolved": True,
    "approve": True,
    "accept": True,
}
"""An argument by its name, or by operation and name; any other is text."""
NAMED = [
    name
    for name in dir(Operations)
    if isinstance(inspect.getattr_static(Operations, name), Operation | Paged)
]


@pytest.fixture(params=[each for each in NAMED if each not in GENERIC])
def name(request):
    """Each operation of the client."""
    return request.param


def described(name):
    """The operation as the service describes it."""
    return DESCRIBED[OTHERWISE.get(name, name)]


DAYS = {"first": date(2026, 1, 1), "last": date(2026, 1, 31)}


def call_of(name, *, everything):
    """The call of an operation with sample arguments, of those it cannot do without or of all."""
    method = inspect.getattr_static(Operations, name)._describe
    parameters = list(inspect.signature(method).parameters.values())[1:]
    given, named = [], {}
    for each in parameters:
        if each.default is not inspect.Parameter.empty and not everything:
            continue
        sample = SAMPLES.get((name, each.name), SAMPLES.get(each.name, "text"))
        if each.annotation in {"date", "date | None"}:
            sample = DAYS.get(each.name, sample)
        if each.kind is inspect.Parameter.KEYWORD_ONLY:
            named[each.name] = sample
        else:
            given.append(sample)
    made = getattr(calls, name)(*given, **named)
    return made.first if isinstance(made, Listing) else made


def expanded(parameter_or_schema):
    """What a reference leads to."""
    named = parameter_or_schema.get("$ref")
    return SCHEMAS[named.rpartition("/")[2]] if named else parameter_or_schema


def validator(schema):
    """Judges by a schema of the document, with the forms of days and times."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("everything", [False, True], ids=["needed", "all"])
def test_a_call_is_one_the_service_describes(name, everything):
    """Method, path, parameters and body; a key exactly where one is asked for."""
    method, path, operation = described(name)
    call = call_of(name, everything=everything)
    told = {each["name"]: each for each in operation.get("parameters", [])}
    queries = {each["name"] for each in told.values() if each["in"] == "query"}
    needed = {each["name"] for each in told.values() if each["in"] == "query" and each["required"]}
    sent = call.parameters()

    assert method == call.method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), unquote(call.path))
    assert set(sent) <= queries
    assert needed <= set(sent)
    assert call.writes == ("Idempotency-Key" in told)
    for each, value in sent.items():
        wire = value if isinstance(value, list) else json_of(value, told[each]["schema"])
        assert [] == list(validator(told[each]["schema"]).iter_errors(wire))


def json_of(text, schema):
    """A parameter's text as the JSON value that its schema describes."""
    kinds = {each.get("type") for each in (schema, *schema.get("anyOf", []))}
    return json.loads(text) if kinds & {"integer", "boolean", "number"} else text


@pytest.mark.parametrize("everything", [False, True], ids=["needed", "all"])
def test_a_body_is_one_the_service_describes(name, everything):
    """Its schema takes the body; a file is sent where files are taken."""
    *_, operation = described(name)
    content = operation.get("requestBody", {}).get("content", {})
    call = call_of(name, everything=everything)

    form = call.headers.get("Content-Type", "application/octet-stream")
    assert (call.file is not None) == (form in content)
    assert (call.body is not None) == (call.file is None and "application/json" in content)
    if call.body is not None:
        body = json.loads(to_json(call.body))
        found = validator(content["application/json"]["schema"]).iter_errors(body)
        assert [] == [each.message for each in found]


def test_an_answer_is_read_in_all_its_fields(name):
    """Each field of a result is one that is always answered, of a form it can be read from."""
    *_, operation = described(name)
    answer = next(told for status, told in operation["responses"].items() if status < "300")
    call = call_of(name, everything=False)
    if call.of is Downloaded:
        assert set(answer["content"]) & {call.headers["Accept"], "application/octet-stream"}
        return

    compare(call.of, answer["content"]["application/json"]["schema"], name)


READ_FROM = {
    str: "string",
    int: "integer",
    bool: "boolean",
    Decimal: "string",
    date: "string",
    datetime: "string",
}


def compare(kind, schema, place):
    """Fail unless whatever the schema describes can be read as the type."""
    schema = expanded(schema)
    if kind is typing.Any:
        return
    if isinstance(kind, types.UnionType):
        compare_choices(kind, schema, place)
    elif dataclasses.is_dataclass(typing.get_origin(kind) or kind):
        hints = typing.get_type_hints(typing.get_origin(kind) or kind)
        assert set(hints) <= set(schema["required"]), place
        for field, of in hints.items():
            filled = of[typing.get_args(kind)] if getattr(of, "__parameters__", ()) else of
            compare(filled, schema["properties"][field], f"{place}.{field}")
    elif typing.get_origin(kind) in (list, Sequence):
        assert schema["type"] == "array", place
        compare(typing.get_args(kind)[0], schema["items"], f"{place}[]")
    elif typing.get_origin(kind) in (dict, Mapping):
        assert schema["type"] == "object", place
        further = schema.get("additionalProperties")
        if isinstance(further, dict):
            compare(typing.get_args(kind)[1], further, f"{place}{{}}")
    else:
        assert READ_FROM[kind] == schema.get("type"), place
        if kind in (date, datetime):
            assert schema["format"] == {date: "date", datetime: "date-time"}[kind], place


def compare_choices(kind, schema, place):
    """Each choice of the schema fits one of the type's."""
    for each in map(expanded, schema.get("anyOf", [schema])):
        fitting = [
            of
            for of in typing.get_args(kind)
            if (of is types.NoneType) == (each.get("type") == "null")
            and (of is types.NoneType or READ_FROM.get(of, each["type"]) == each["type"])
        ]
        assert fitting, place
        if fitting[0] is not types.NoneType:
            compare(fitting[0], each, place)


def test_names_are_those_of_the_document():
    """Every operation has a method of its name, which says what it does."""
    assert set(DESCRIBED) - set(WITHOUT) == {
        OTHERWISE.get(each, each) for each in NAMED if each not in GENERIC
    }
    assert all(inspect.getattr_static(Operations, each).__doc__ for each in NAMED)
