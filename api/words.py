"""The words of the OpenAPI document: what each field, parameter and answer is.

A schema tells what its fields are where that is more than their name says. The rest is in
``words.yaml``, once for a name that means the same wherever it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_DERIVED = "Successful Response"
"""What the framework says of an answer that nobody described."""


@cache
def words() -> Mapping[str, str]:
    """Name, or schema or operation and name -> what it is."""
    told: dict[str, str] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    return told


def word_of(place: str, name: str) -> str | None:
    """What a name means in a place; None where that is not told."""
    return words().get(f"{place}.{name}", words().get(name))


def put_into_words(document: dict[str, Any]) -> None:
    """Describe fields, parameters and answers that do not say what they are themselves."""
    schemas = document["components"]["schemas"]
    for place, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            _describe(field, _choices(field, schemas) or word_of(place, name))
    for path in document["paths"].values():
        for operation in path.values():
            for each in operation.get("parameters", ()):
                _describe(each, word_of(operation["operationId"], each["name"]))
            for answer in operation["responses"].values():
                if answer.get("description") == _DERIVED:
                    answer["description"] = _answered(answer, schemas) or operation["summary"]


def _describe(told: dict[str, Any], word: str | None) -> None:
    if word is not None:
        told.setdefault("description", word)


def _choices(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What the schema of a closed list of values says it is; nothing of another field."""
    for each in field.get("anyOf", [field]):
        told = schemas.get(each.get("$ref", "").rpartition("/")[2], {})
        if "enum" in told:
            return str(told.get("description", ""))
    return ""


def _answered(answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What the schema of an answer says it is; nothing of one that has none of its own."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    schema = schema.get("items", schema)
    name = schema.get("$ref", "").rpartition("/")[2]
    told: str = schemas.get(name, {}).get("description", "")
    return told.partition("\n\n")[0]
