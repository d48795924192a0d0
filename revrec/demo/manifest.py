"""What a reader of the sample files should find in them, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedUsage:
    """Control totals of a usage file: received = accepted + duplicate + quarantined."""

    received: int
    accepted: int
    duplicate: int
    quarantined: int
    accepted_quantity: Decimal
    accepted_amount: Mapping[str, Decimal]
    """By currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """A file, when it arrived, and what is in it."""

    path: str
    """Relative to the folder, with forward slashes."""
    kind: str
    """``facts`` or ``usage``."""
    source: str
    """The system it comes from."""
    period: str
    """The month whose close it is meant for."""
    arrives: datetime
    rows: int
    sha256: str
    usage: ExpectedUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A month to close, and when: after the files of the month, before those of the next."""

    period: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedRow:
    """A row that is late, corrects another, or does not belong in the ledger."""

    label: str
    path: str
    row_number: int
    """Data rows of the file counted from 1, a heading left out."""
    source: str
    usage_id: str
    contract: str
    usage_date: date
    corrects: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFact:
    """A fact delivered after the close of the month in which it took effect."""

    path: str
    kind: str
    id: str
    contract: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingMistake:
    """A difference between what should have been billed and what was; amounts before tax."""

    kind: str
    contract: str
    customer: str
    currency: str
    obligation: str
    consideration: str
    period: str
    """Month of use; for fees the month in which they were due."""
    expected: Decimal
    billed: Decimal
    document: str
    """The invoice that is wrong; nothing if the mistake is that there is none."""
    note: str

    @property
    def difference(self) -> Decimal:
        """Billed too much; negative if too little."""
        return self.billed - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoManifest:
    """Everything that ``generate`` wrote, in the order of its arrival."""

    seed: int
    entity: str
    functional_currency: str
    files: tuple[DeliveredFile, ...]
    closes: tuple[Close, ...]
    counts: Mapping[str, int]
    """Customers, contracts, events, documents, usage rows."""
    sold_as: Mapping[str, int]
    """Contracts by commercial model."""
    currencies: Mapping[str, int]
    """Contracts by currency."""
    labels: Mapping[str, int]
    """Usage rows by what they are."""
    rows: tuple[PlantedRow, ...]
    late_facts: tuple[LateFact, ...]
    mistakes: tuple[BillingMistake, ...]
    outages: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Write the manifest beside the files it lists."""
        body = asdict(self)
        for told, mistake in zip(body["mistakes"], self.mistakes, strict=True):
            told["difference"] = mistake.difference
        text = json.dumps(body, default=_text, indent=1, ensure_ascii=False)
        (folder / MANIFEST).write_bytes(text.encode() + b"\n")


def _text(value: object) -> str:
    """Dates, times and decimals as text; a decimal never passes through a float."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{value!r} has no form in the manifest")
