"""What goes over the wire of exports to general ledgers and their references."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas import Amount, Count, Digest, PeriodText, Person, Wire
from revrec.general_ledger.documents import Grain
from revrec.general_ledger.references import Matched, PostedReference, Standing
from revrec.model.books import Framework
from revrec.money import Money
from revrec.store.exports import Recorded, RecordedExport

_Layout = Literal[
    "csv",
    "dynamics_365",
    "json",
    "netsuite",
    "oracle_fusion",
    "parquet",
    "quickbooks_online",
    "sage_intacct",
    "sap",
    "xero",
]


class ExportRequested(Wire):
    """An export of a closed period."""

    layout: _Layout = Field(examples=["netsuite"])
    """The form of the files."""
    by: Grain = Grain.PRODUCT
    """What a line stands for: an account, an account and product, or a posting."""
    book: Framework | None = None
    """What the book is kept under; the first if left out."""
    parameters: dict[str, str] = Field(
        default_factory=dict, max_length=20, examples=[{"subsidiary": "Parent"}]
    )
    """What the layout needs to be told, such as `company_code`."""


class FileExported(Wire):
    """A file of an export."""

    name: str = Field(examples=["R1-2601-1S_netsuite_001.csv"])
    sha256: Digest
    bytes: Count
    documents: Count
    lines: Count


class Exported(Wire):
    """An export, as recorded."""

    id: Count
    period: PeriodText
    close: Count
    """Which close of the period; 0 for a look ahead."""
    chain_head: Digest
    """Of the close; of a look ahead, a digest of what it showed."""
    layout: str = Field(examples=["netsuite"])
    layout_version: Count
    by: Grain
    parameters: dict[str, str]
    files: list[FileExported]
    digest: Digest
    """Of the files' names and hashes: the same for the same close in the same form."""
    book: str = Field(examples=["", "ifrs15"])
    """The second book's framework; empty for the first."""
    exported_at: datetime
    exported_by: Person

    @classmethod
    def of(cls, export: RecordedExport) -> Exported:
        """The wire form of an export."""
        return cls(
            id=export.id,
            period=export.period,
            close=export.ordinal,
            chain_head=export.run,
            layout=export.layout,
            layout_version=export.layout_version,
            by=Grain(export.grain),
            parameters=export.parameters,
            files=[FileExported.model_validate(each) for each in export.files],
            digest=export.digest,
            book=export.book,
            exported_at=export.exported_at,
            exported_by=export.exported_by,
        )


class ExportsMade(Wire):
    """One export for each close of the period."""

    exports: list[Exported]


class ReferencesTold(Wire):
    """What a general ledger posted."""

    source: Person = Field(examples=["netsuite 2026-02-03"])
    """Where the references come from; kept with them."""
    references: list[PostedReference] = Field(min_length=1, max_length=10_000)


class ReferencesRecorded(Wire):
    """What became of references."""

    new: Count
    corrected: Count
    """Told otherwise before; the last telling counts."""
    unchanged: Count

    @classmethod
    def of(cls, recorded: Recorded) -> ReferencesRecorded:
        """The wire form of counts."""
        return cls(new=recorded.new, corrected=recorded.corrected, unchanged=recorded.unchanged)


class DocumentStanding(Wire):
    """A document exported or posted, and what became of it."""

    document: str = Field(examples=["R1-2601-1SN1"])
    """The id it was exported under."""
    standing: Standing
    """matched, differing, missing (no reference yet) or unknown (never exported)."""
    period: str = Field(examples=["2026-01"])
    """Empty for an unknown one."""
    layout: str = Field(examples=["netsuite"])
    exported: Amount | None
    """Sum of debits; null for an unknown one."""
    posted: Amount | None
    """Sum of debits in the general ledger, as told; null for a missing one."""
    number: str = Field(examples=["JE-10422"])
    """In the general ledger."""
    why: str
    """What differs."""

    @classmethod
    def of(cls, matched: Matched) -> DocumentStanding:
        """The wire form of a standing."""
        exported, posted = (
            None if amount is None else Amount.of(Money(amount, currency))
            for amount, currency in (
                (matched.exported, matched.currency),
                (matched.posted, matched.posted_currency),
            )
        )
        return cls(
            document=matched.document,
            standing=matched.standing,
            period=matched.period,
            layout=matched.layout,
            exported=exported,
            posted=posted,
            number=matched.number,
            why=matched.why,
        )
