"""The OpenAPI document: what the framework derives, and what only we know.

``python -m api.openapi > tests/api/openapi.json`` writes the snapshot that a test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from api.bodies import NDJSON, UPLOADS
from api.problems import MEDIA_TYPE
from api.words import put_into_words
from revrec.feeds.adapters import adapter_of
from revrec.feeds.calculations import question_adapter
from revrec.feeds.records import MODELS
from revrec.feeds.schedules import MEASURES

TAGS = [
    {"name": "facts", "description": "Contracts, prices, invoices, payments and events."},
    {"name": "contracts", "description": "One contract, period by period."},
    {"name": "usage", "description": "Daily rated usage, in files."},
    {"name": "commitments", "description": "Credits and commitments: balances, draws, bills."},
    {"name": "calculations", "description": "Prices, burn-downs, invoices, parts of periods."},
    {"name": "books", "description": "Books under ASC 606 and IFRS 15 side by side."},
    {"name": "changes", "description": "What records would change, and changes by two people."},
    {"name": "periods", "description": "Closing and reopening months."},
    {"name": "journal", "description": "What was posted, in the order of the chain."},
    {
        "name": "reports",
        "description": "Every schedule of a closed period as rows, and workbooks for each reader.",
    },
    {"name": "estimates", "description": "Variable consideration: proposed, decided, forecast."},
    {"name": "samples", "description": "Audit samples: drawn, looked at, evaluated."},
    {"name": "findings", "description": "What checks found, and what people do about it."},
    {"name": "people", "description": "Who may do what, and their keys."},
    {"name": "jobs", "description": "Work in the background, with its progress."},
    {"name": "webhooks", "description": "Others who are told what happened."},
    {"name": "audit", "description": "Why an amount is what it is."},
]
_EXAMPLE = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2025-12-20",
    "start": "2026-01-01",
    "end": "2026-12-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
}
_QUESTION = {
    "kind": "proration",
    "currency": "USD",
    "period": {"from": "2025-08-01", "to": "2025-08-31"},
    "from": "2025-08-10",
    "amount": "50.00",
}
_SCHEDULE = {
    "contract": "C-1",
    "obligation": "access",
    "period": "2026-01",
    "currency": "USD",
    "revenue": "3100.00",
}
_SCHEDULES = {
    "type": "array",
    "items": {
        "type": "object",
        "description": "Amounts by measure, with the currency's decimals.",
        "properties": {name: {"type": "string"} for name in (*_SCHEDULE, *MEASURES)},
        "required": ["contract", "period", "currency"],
        "additionalProperties": False,
    },
}
_FILES = (
    "application/octet-stream",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.parquet",
    "application/x-ndjson",
    "text/csv",
)
_ROWS = {
    "/v1/usage/batches": {
        "source": "gateway",
        "usage_id": "u-1",
        "contract": "C-1",
        "meter": "access",
        "usage_date": "2026-01-20",
        "quantity": "10",
        "unit": "call",
        "amount": "12.34",
        "currency": "USD",
    },
    "/v1/usage/counts": {
        "meter": "access",
        "usage_date": "2026-01-20",
        "quantity": "10",
        "contract": "C-1",
    },
}
"""A row of the files that are uploaded."""
RECORDS = ("/v1/facts", "/v1/simulations", "/v1/changes")
"""Routes whose body is a list of records."""
_REFUSED = 400
_ENDING = {
    "Deprecation": {
        "description": "Since when the route is deprecated, as `@` and seconds (RFC 9745).",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "When it may be gone (RFC 8594).",
        "schema": {"type": "string"},
    },
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags the caller has; 304 without a body if the resource is one of them.",
    "schema": {"type": "string"},
}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A body that fits a schema, of the examples of its fields; KeyError for one without."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for name in ("examples", "enum"):
        if name in schema:
            return schema[name][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    if "properties" not in schema:
        raise KeyError(schema.get("title", "an untitled field"))
    needed = schema.get("required", ())
    return {
        name: example_of(field, schemas)
        for name, field in schema["properties"].items()
        if name in needed or "examples" in field
    }


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The document with problems, kept answers and the bodies that are read by hand."""
    paths, schemas = document["paths"], document["components"]["schemas"]
    for path in paths.values():
        for operation in path.values():
            _describe_answers(operation)
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["example"] = example_of(body["schema"], schemas)
    records = _records(schemas)
    for path in RECORDS:
        paths[path]["post"]["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {"schema": records, "example": [_EXAMPLE]},
                NDJSON: {"schema": {"type": "string"}, "example": f"{json.dumps(_EXAMPLE)}\n"},
            },
        }
    paths["/v1/parallel-runs"]["post"]["requestBody"] = {
        "required": True,
        "description": "Rows of another system's schedule.",
        "content": {"application/json": {"schema": _SCHEDULES, "example": [_SCHEDULE]}},
    }
    paths["/v1/calculations"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _questions(schemas), "example": _QUESTION}},
    }
    for upload in UPLOADS:
        paths[upload]["post"]["requestBody"] = {
            "required": True,
            "description": "The file itself; its name is in the query.",
            "content": {
                each: {"schema": {"type": "string", "format": "binary"}, **_written(upload, each)}
                for each in _FILES
            },
        }
    put_into_words(document)
    document["servers"] = [{"url": "/", "description": "The service that answers with this."}]
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _written(upload: str, media_type: str) -> dict[str, str]:
    """An example of a file, in the forms that are text."""
    row = _ROWS[upload]
    match media_type:
        case "application/x-ndjson":
            return {"example": json.dumps(row) + "\n"}
        case "text/csv":
            return {"example": ",".join(row) + "\n" + ",".join(row.values()) + "\n"}
        case _:
            return {}


def _describe_answers(operation: dict[str, Any]) -> None:
    writes = any(
        each["name"].lower() == "idempotency-key" for each in operation.get("parameters", ())
    )
    named = {each["name"].lower() for each in operation.get("parameters", ())}
    if "304" in operation["responses"] and "if-none-match" not in named:
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
    for status, answer in operation["responses"].items():
        headers = answer.setdefault("headers", {})
        headers.update(_ENDING if operation.get("deprecated") else {})
        headers["X-Request-ID"] = {
            "description": "The request in the service's log.",
            "schema": {"type": "string"},
        }
        if int(status) >= _REFUSED:
            schema = {"$ref": "#/components/schemas/Problem"}
            answer["content"] = {MEDIA_TYPE: {"schema": schema}}
        elif writes:
            headers["Idempotency-Replayed"] = {
                "description": "`true` when the answer was given before; absent otherwise.",
                "schema": {"type": "string", "const": "true"},
            }


def _records(schemas: dict[str, Any]) -> dict[str, Any]:
    """A list of records, each with its kind; puts their schemas beside the others."""
    references = {}
    for kind, model in MODELS.items():
        schema = adapter_of(model).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schema["properties"] = {"kind": {"type": "string", "const": kind.value}} | {
            name: value for name, value in schema["properties"].items() if name != "kind"
        }
        schema["required"] = ["kind", *(each for each in schema["required"] if each != "kind")]
        name = f"{schema['title']}Record"
        schemas[name] = schema | {"title": name}
        references[kind.value] = f"#/components/schemas/{name}"
    return {
        "type": "array",
        "items": {
            "oneOf": [{"$ref": reference} for reference in references.values()],
            "discriminator": {"propertyName": "kind", "mapping": references},
        },
    }


def _questions(schemas: dict[str, Any]) -> dict[str, Any]:
    """What can be asked, by kind; puts the schemas beside the others."""
    schema = question_adapter().json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema


def snapshot() -> str:
    """The document as the file that is kept."""
    from api.app import routed

    document = routed(request_bytes_max=0, upload_bytes_max=0).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(snapshot())
