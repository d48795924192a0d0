"""YAML and JSON as plain values in which numbers are exact: decimals stay text, never floats."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from revrec.errors import FeedError
from revrec.model.fact import canonical

_Model = TypeVar("_Model")
PROBLEMS_SHOWN_MAX = 5
"""Problems told in a message; the error's attributes carry all of them."""
BYTES_MAX = 256 * 1024 * 1024
"""Largest document read as a whole; larger populations come as NDJSON, line by line."""


class _ExactLoader(yaml.CSafeLoader):
    """Safe YAML in which decimals are text, and only true and false are truth values.

    YAML 1.1 reads ``on`` and ``no`` as booleans; an event's day and Norway would be lost.
    """


_NOT_TAKEN = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:bool")
_ExactLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag not in _NOT_TAKEN]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_ExactLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf")
)


def read_yaml(text: str, source: str) -> Any:  # noqa: ANN401  any document
    """One YAML document; FeedError names the line that cannot be read."""
    try:
        return yaml.load(text, Loader=_ExactLoader)  # noqa: S506  a subclass of the safe loader
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the document"
        raise FeedError(
            f"{source}: {place} is not YAML: {getattr(error, 'problem', None) or error}.",
            remedy="Correct the indentation or quoting there.",
            source=source,
        ) from error


class NoRecord:
    """What stands in the place of a record and is none."""

    def refuse(self, source: str) -> NoReturn:
        """Raises FeedError with what to do."""
        raise NotImplementedError

    @property
    def sent(self) -> object:
        """What was sent, as JSON."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(NoRecord):
    """A line that cannot be read."""

    line: int
    why: str
    text: str
    """The line; bytes that are not UTF-8 as ``\\xNN``."""

    def refuse(self, source: str) -> NoReturn:
        """Raises FeedError that names the line, if the source does not."""
        line = f"line {self.line}"
        place = source if source.endswith(line) else f"{source} ({line})"
        raise FeedError(
            f"{place}: {self.why}",
            remedy="Write one JSON object on a line.",
            source=source,
            reason="unreadable",
        )

    @property
    def sent(self) -> object:
        """The line."""
        return {"text": self.text}


def read_line(raw: bytes, line: int) -> object:
    """A line of NDJSON as plain values; Unreadable if it is none, which stops no other."""
    try:
        told = json.loads(raw.decode("utf-8"), parse_float=str, parse_constant=_refuse_constant)
        canonical(told)
    except UnicodeError as error:
        why = f"not UTF-8 text: {getattr(error, 'reason', error)}."
    except (ValueError, RecursionError) as error:
        why = f"not JSON: {error}."
    else:
        return told
    return Unreadable(line=line, why=why, text=raw.decode("utf-8", "backslashreplace"))


def read_json(text: str, source: str) -> Any:  # noqa: ANN401  any document
    """One JSON document; decimals come as text, and NaN is refused."""
    try:
        return json.loads(text, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FeedError(
            f"{source}: not JSON: {error}.", remedy="Write one JSON object.", source=source
        ) from error


def read_text(path: Path) -> str:
    """A file's text; FeedError when it is missing, too large or not UTF-8."""
    try:
        return _bytes_of(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeedError(
            f"{path} is not UTF-8 at byte {error.start:,}.",
            remedy="Save the file as UTF-8.",
            source=str(path),
        ) from error


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise FeedError(
                f"{path} has more than {BYTES_MAX:,} bytes.",
                remedy="Split it, or deliver records as NDJSON lines.",
                source=str(path),
            )
        return path.read_bytes()
    except OSError as error:
        raise FeedError(
            f"{path} cannot be read: {error.strerror}.", remedy="Check the path.", source=str(path)
        ) from error


def lines(path: Path) -> Iterator[tuple[int, object]]:
    """The records of an NDJSON file with the numbers of their lines, blank ones left out.

    FeedError when the file is missing or too large.
    """
    yield from lines_of(_bytes_of(path).removeprefix(BOM_UTF8))


def lines_of(raw: bytes) -> Iterator[tuple[int, object]]:
    """The records of NDJSON with the numbers of their lines, blank ones left out."""
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            yield number, read_line(line, number)


def validated(adapter: TypeAdapter[_Model], value: object, source: str) -> _Model:
    """The value as the model, or FeedError naming every field that does not fit."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False)]
        more = len(problems) - PROBLEMS_SHOWN_MAX
        told = "; ".join(problems[:PROBLEMS_SHOWN_MAX]) + (f"; and {more} more" if more > 0 else "")
        raise FeedError(
            f"{source}: {told}.",
            remedy="Correct the fields named.",
            source=source,
            errors=[
                {"pointer": "/" + "/".join(map(str, each["loc"])), "message": each["msg"]}
                for each in error.errors(include_url=False)
            ],
        ) from error


def _problem(error: Any) -> str:  # noqa: ANN401  pydantic's own shape
    place = ".".join(str(part) for part in error["loc"]) or "the record"
    given = error.get("input")
    shown = "" if isinstance(given, dict | list) else f" (given: {given!r})"
    return f"`{place}`: {error['msg']}{shown}"


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number of this format")
