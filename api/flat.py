"""Records of a list as rows of a table, for the forms that have columns.

What is nested in a record becomes columns of its own, named by the way to it; an amount is a
column of its figure and one of its currency. Lists and dictionaries stay JSON, as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel

from revrec.model.dataset import Column, ColumnType, DataSet

DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
"""The pattern of fields that hold a decimal as text."""
Schema = Mapping[str, Any]
Path = tuple[str, ...]


def rows_of_records(of: type[BaseModel], records: Sequence[BaseModel]) -> DataSet:
    """Records of one kind as a data set, its columns by their schema alone."""
    columns = _columns(of)
    told = [each.model_dump(mode="json") for each in records]
    return DataSet(
        name=of.__name__,
        title=of.__name__,
        columns=[
            Column(name=_name(path), title=_name(path).replace("_", " ").capitalize(), type=kind)
            for path, kind in columns
        ],
        rows=[[_value(_at(each, path), kind) for path, kind in columns] for each in told],
        note=(of.__doc__ or "").strip(),
    )


@cache
def _columns(of: type[BaseModel]) -> tuple[tuple[Path, ColumnType], ...]:
    schema = of.model_json_schema(mode="serialization")
    return tuple(_leaves(schema, schema.get("$defs", {}), ()))


def _leaves(schema: Schema, known: Schema, path: Path) -> Iterator[tuple[Path, ColumnType]]:
    """The fields below a schema that hold a value, with the way to each."""
    for name, field in schema["properties"].items():
        told = _resolved(field, known)
        if "properties" in told:
            yield from _leaves(told, known, (*path, name))
        else:
            yield (*path, name), _type(told)


def _resolved(field: Schema, known: Schema) -> Schema:
    """What a field is when it is there at all."""
    options = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    told = options[0] if len(options) == 1 else {}
    if len(told.get("allOf", ())) == 1:
        told = told["allOf"][0]
    return known[told["$ref"].rpartition("/")[2]] if "$ref" in told else told


def _type(told: Schema) -> ColumnType:
    match told.get("type"), told.get("format"), told.get("pattern"):
        case "integer", _, _:
            return ColumnType.INTEGER
        case "string", "date", _:
            return ColumnType.DATE
        case "string", _, pattern if pattern == DECIMAL:
            return ColumnType.QUANTITY
        case _:
            return ColumnType.TEXT


def _name(path: Path) -> str:
    """`amount` of an `Amount` is what the amount is of."""
    *above, last = path
    return "_".join(above if above and last == "amount" else path)


def _at(record: Any, path: Path) -> Any:  # noqa: ANN401 - JSON
    for name in path:
        if record is None:
            return None
        record = record[name]
    return record


def _value(told: Any, kind: ColumnType) -> object:  # noqa: ANN401 - JSON
    if told is None:
        return None
    match kind:
        case ColumnType.DATE:
            return date.fromisoformat(told)
        case ColumnType.QUANTITY:
            return Decimal(told)
        case ColumnType.INTEGER:
            return told
        case _:
            return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
