"""The OpenAPI document: complete, valid, and the same until someone means to change it."""

from __future__ import annotations

import json
import keyword
import re
from pathlib import Path

import jsonschema

from api.access import MAY
from api.openapi import snapshot
from api.words import word_of, words
from tests.api.requests import example_records

SNAPSHOT = Path(__file__).parent / "openapi.json"
DOCUMENT = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
OPERATIONS = [
    operation for path in DOCUMENT["paths"].values() for operation in path.values()
]  # fmt: skip

ASKING = {"calculate", "run_in_parallel", "simulate"}
"""Operations whose body is a question."""


def test_the_document_is_the_one_in_the_repository():
    """`python -m api.openapi > tests/api/openapi.json` accepts a change that was meant."""
    assert SNAPSHOT.read_text(encoding="utf-8") == snapshot()


def test_every_operation_is_described():
    """Id, tag, summary, description and security, each problem by its schema."""
    assert set(MAY) == {each["operationId"] for each in OPERATIONS}
    for operation in OPERATIONS:
        assert operation["tags"]
        assert operation["summary"]
        assert operation["description"]
        assert [{"api_key": []}] == operation["security"]
        refused = {s: a for s, a in operation["responses"].items() if int(s) >= 400}
        assert {"401", "403", "422", "500", "503"} <= set(refused)
        for answer in refused.values():
            schema = answer["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_write_requires_a_key():
    """The header is declared, required and bounded; questions are posted too and write nothing."""
    for path in DOCUMENT["paths"].values():
        for method, operation in path.items():
            required = {e["name"] for e in operation.get("parameters", ()) if e["required"]}
            writes = method != "get" and operation["operationId"] not in ASKING
            assert writes == ("Idempotency-Key" in required), operation["operationId"]


def test_references_lead_somewhere():
    """No schema is named that is not there."""
    known = set(DOCUMENT["components"]["schemas"])
    text = json.dumps(DOCUMENT)
    named = {
        part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]
    }  # fmt: skip

    assert named - known == set()


def test_the_examples_fit_the_schema_of_records():
    """What the service takes is what the document says, for every fact of the examples."""
    body = DOCUMENT["paths"]["/v1/facts"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**body["schema"], "components": DOCUMENT["components"]}

    jsonschema.validate(body["example"], schema)
    jsonschema.validate(example_records(), schema)


def test_every_body_has_an_example_that_fits_its_schema():
    """JSON bodies by their schema, files in the forms that are text."""
    for operation in OPERATIONS:
        content = operation.get("requestBody", {}).get("content", {})
        examples = {form: told["example"] for form, told in content.items() if "example" in told}
        assert bool(content) == bool(examples), operation["operationId"]
        for form in {"application/json"} & set(examples):
            schema = {**content[form]["schema"], "components": DOCUMENT["components"]}
            jsonschema.validate(examples[form], schema, format_checker=jsonschema.FormatChecker())


def test_names_generate_a_good_client():
    """Methods are verbs with what they are about, once each; types and arguments are words."""
    names = [each["operationId"] for each in OPERATIONS]
    assert len(names) == len(set(names))
    assert [] == [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)]
    assert [] == [name for name in names if keyword.iskeyword(name)]
    # A noun alone says nothing of what is done; these verbs stand alone.
    assert {"calculate", "simulate"} == {name for name in names if "_" not in name}
    for operation in OPERATIONS:
        assert 1 == len(operation["tags"])
        told = [
            re.sub(r"[^a-z0-9]+", "_", each["name"].lower())
            for each in operation.get("parameters", ())
        ]
        assert len(told) == len(set(told)), operation["operationId"]
    # Twins such as `Told-Input` and `Told-Output`, or names of modules, read badly as types.
    schemas = DOCUMENT["components"]["schemas"]
    assert [] == [name for name in schemas if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name)]
    tags = {each["name"] for each in DOCUMENT["tags"]}
    assert {tag for each in OPERATIONS for tag in each["tags"]} <= tags
    assert DOCUMENT["servers"]
    assert DOCUMENT["openapi"].startswith("3.1")


def test_everything_is_described():
    """Parameters, bodies' and answers' fields, schemas, answers and tags say what they are."""
    schemas = DOCUMENT["components"]["schemas"]
    assert [] == [name for name, each in schemas.items() if not each.get("description")]
    assert [] == [
        f"{place}.{name}"
        for place, schema in schemas.items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description")
    ]
    for operation in OPERATIONS:
        told = operation.get("parameters", [])
        named = {each["name"] for each in told if not each.get("description")}
        assert set() == named, operation["operationId"]
        answers = [each["description"] for each in operation["responses"].values()]
        assert "Successful Response" not in answers
        assert all(answers), operation["operationId"]
    assert all(each["description"] for each in DOCUMENT["tags"])
    names = [each["name"] for each in DOCUMENT["tags"]]
    assert len(names) == len(set(names))


def test_no_word_is_left_over():
    """Each word of the list describes something that has none of its own."""
    told = {
        f"{place}.{name}": field.get("description")
        for place, schema in DOCUMENT["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
    } | {
        f"{operation['operationId']}.{each['name']}": each.get("description")
        for operation in OPERATIONS
        for each in operation.get("parameters", [])
    }
    used = {
        place if place in words() else place.partition(".")[2]
        for place, description in told.items()
        if description == word_of(*place.split(".", 1))
    }
    assert set() == set(words()) - used
