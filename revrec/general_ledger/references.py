"""What a general ledger posted, matched with what was exported to it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from revrec.errors import FeedError, RevrecError
from revrec.feeds.adapters import adapter_of
from revrec.feeds.documents import read_json, validated
from revrec.money import minor_digits, to_minor
from revrec.periods import Calendar


class PostedReference(BaseModel):
    """A document as a general ledger has it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    document: str = Field(min_length=1, max_length=100, examples=["R1-2601-1SN1"])
    """The external id it was exported under."""
    number: str = Field(min_length=1, max_length=100, examples=["JE-10422"])
    """Its number in the general ledger."""
    posted_on: date = Field(examples=["2026-02-02"])
    """Its date there."""
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])
    amount: str = Field(pattern=r"^[0-9]+(\.[0-9]+)?$", examples=["36500.00"])
    """Sum of its debits, decimal."""

    @field_validator("amount", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """A whole number of JSON counts as its digits."""
        return str(value) if type(value) is int else value

    @property
    def minor(self) -> int:
        """The amount in minor units; FeedError for decimals the currency does not have."""
        return to_minor(Decimal(self.amount), self.currency)


class Standing(StrEnum):
    """What became of an exported document."""

    MATCHED = "matched"
    """Posted with its amount."""
    DIFFERING = "differing"
    """Posted with another amount, currency or period."""
    MISSING = "missing"
    """No reference came back."""
    UNKNOWN = "unknown"
    """A reference to a document that was never exported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedDocument:
    """A document that was exported."""

    id: str
    period: str
    layout: str
    grain: str
    currency: str
    amount: int
    """Sum of debits in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A document on both sides, or on one."""

    document: str
    standing: Standing
    period: str
    """Empty for a document that was never exported."""
    layout: str
    currency: str
    """Of the export; of the reference where there is none."""
    exported: int | None
    """Minor units; none for one never exported."""
    posted: int | None
    """Minor units of the posted currency; none for a missing one."""
    posted_currency: str
    number: str
    why: str
    """What differs, for a reader; empty if nothing does."""


COLUMNS = tuple(PostedReference.model_fields)


def read_references(content: bytes, name: str) -> tuple[list[PostedReference], list[FeedError]]:
    """References of a CSV or JSON file, and what could not be read, each with its place.

    CSV has a heading with the fields' names. Raises FeedError for a file that is neither.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeedError(f"{name} is not UTF-8 text.", remedy="Save it as UTF-8.") from error
    rows: list[object]
    if text.lstrip()[:1] in {"[", "{"}:
        rows = validated(adapter_of(list[object]), read_json(text, name), name)
        first = 1
    else:
        reader: csv.DictReader[str] = csv.DictReader(io.StringIO(text, newline=""))
        if set(reader.fieldnames or ()) != set(COLUMNS):
            raise FeedError(
                f"{name} has the columns {', '.join(reader.fieldnames or ()) or 'none'}.",
                remedy=f"Give {', '.join(COLUMNS)}.",
            )
        rows, first = [*reader], 2
    found, refused = [], []
    for number, row in enumerate(rows, start=first):
        try:
            reference = validated(adapter_of(PostedReference), row, f"{name}, row {number}")
            minor_digits(reference.currency)
            _ = reference.minor
            found.append(reference)
        except FeedError as error:
            refused.append(_placed(error, f"{name}, row {number}"))
    return found, refused


def _placed(error: RevrecError, place: str) -> FeedError:
    told = error.message if error.message.startswith(place) else f"{place}: {error.message}"
    return FeedError(told, remedy=error.remedy)


def match(
    exported: Iterable[ExportedDocument],
    references: Mapping[str, PostedReference],
    calendar: Calendar,
) -> list[Matched]:
    """Every document with its standing, in order of id; ``references`` are the last ones told."""
    by_id = {each.id: each for each in exported}
    found = []
    for name in sorted(by_id.keys() | references.keys()):
        document, reference = by_id.get(name), references.get(name)
        standing, why = _standing(document, reference, calendar)
        found.append(
            Matched(
                document=name,
                standing=standing,
                period=document.period if document else "",
                layout=document.layout if document else "",
                currency=document.currency if document else references[name].currency,
                exported=document.amount if document else None,
                posted=reference.minor if reference else None,
                posted_currency=reference.currency if reference else "",
                number=reference.number if reference else "",
                why=why,
            )
        )
    return found


def _standing(
    document: ExportedDocument | None, reference: PostedReference | None, calendar: Calendar
) -> tuple[Standing, str]:
    if document is None:
        return Standing.UNKNOWN, "It was never exported."
    if reference is None:
        return Standing.MISSING, ""
    if reference.currency != document.currency:
        return Standing.DIFFERING, f"Posted in {reference.currency}, not {document.currency}."
    if reference.minor != document.amount:
        off = reference.minor - document.amount
        more = "more" if off > 0 else "less"
        return Standing.DIFFERING, f"Posted {abs(off)} {document.currency} (minor units) {more}."
    if str(calendar.of(reference.posted_on)) != document.period:
        return Standing.DIFFERING, f"Posted on {reference.posted_on}, outside {document.period}."
    return Standing.MATCHED, ""
