"""The files that general ledgers import, as data: ``layouts/*.yaml``, one for each.

A layout says where it is documented, which columns it has, what a document and a file hold at
most, and what an entity has to tell (``parameters``), such as its company code there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from revrec.errors import FeedError, NotFound
from revrec.feeds.adapters import adapter_of
from revrec.feeds.documents import read_yaml, validated

NAMES = (
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
)
"""Every layout, by the name of its file."""

Value = Literal[
    "account",
    "account_name",
    "amount",
    "batch",
    "contract",
    "created",
    "credit",
    "currency",
    "customer",
    "date",
    "debit",
    "document",
    "document_and_memo",
    "entry",
    "event",
    "functional_credit",
    "functional_currency",
    "functional_debit",
    "functional_size",
    "ledger_account",
    "line",
    "line_memo",
    "line_number",
    "line_number_in_file",
    "memo",
    "obligation",
    "origin",
    "period",
    "period_memo",
    "product",
]
"""What a column can hold; see ``cells``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutColumn:
    """A column: a value, a fixed text, or what the entity told."""

    title: str
    name: str = ""
    """Technical name, where a layout has a row of them."""
    value: Value | None = None
    text: str = ""
    parameter: str = ""
    form: str = ""
    """How a date is written."""
    characters: int | None = None
    """Most characters. Words are cut; a code that is longer is refused."""
    first_line_only: bool = False
    """Whether only the first line of a document has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What an entity tells for a layout."""

    default: str = ""
    optional: bool = False
    characters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A form of file, as its ledger documents it."""

    name: str = ""
    title: str
    letter: str
    """Stands in external ids, so that exports for two ledgers have different ones."""
    version: int
    """Raised when the bytes of an export change."""
    source: str
    """Where the ledger documents it."""
    notes: str
    form: Literal["rows", "blocks", "json", "parquet"] = "rows"
    amounts: Literal["one", "both"]
    """Whether a line has its amount in the functional currency beside its own."""
    any_currency: bool
    """Whether a document may be in another than the functional currency."""
    heading: bool = True
    archive: str = ""
    """Name of the file inside a zip, where the ledger wants one."""
    spreadsheet: bool = False
    """Whether the file is meant for a spreadsheet, where text must not run as a formula."""
    lines_per_document: int | None = None
    lines_per_file: int | None = None
    id_characters: int | None = None
    amount_digits: int | None = None
    """Most digits before the decimal point."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    preamble: tuple[tuple[str, ...], ...] = ()
    header: tuple[LayoutColumn, ...] = ()
    """Columns of a document's head, where it is a block of its own."""
    columns: tuple[LayoutColumn, ...]

    @property
    def both_amounts(self) -> bool:
        """Whether a line has its functional amount beside its own."""
        return self.amounts == "both"

    @property
    def suffix(self) -> str:
        """How names of its files end."""
        if self.archive:
            return "zip"
        return self.form if self.form in {"json", "parquet"} else "csv"

    @property
    def media_type(self) -> str:
        """What its files are on the wire."""
        return {
            "zip": "application/zip",
            "json": "application/json",
            "parquet": "application/vnd.apache.parquet",
            "csv": "text/csv",
        }[self.suffix]


@cache
def layout_of(name: str) -> Layout:
    """The layout of that name; NotFound names those there are."""
    if name not in NAMES:
        raise NotFound(
            f"There is no layout {name!r}.", remedy=f"Use one of: {', '.join(NAMES)}.", value=name
        )
    file = files(__package__) / "layouts" / f"{name}.yaml"
    told = read_yaml(file.read_text(encoding="utf-8"), f"{name}.yaml")
    return validated(adapter_of(Layout), {**told, "name": name}, f"{name}.yaml")


def parameters_of(layout: Layout, told: Mapping[str, str]) -> dict[str, str]:
    """What the entity told, with defaults; FeedError for what is missing, strange or too long."""
    strange = sorted(told.keys() - layout.parameters.keys())
    missing = sorted(
        name
        for name, each in layout.parameters.items()
        if not (told.get(name) or each.default or each.optional)
    )
    if strange or missing:
        known = ", ".join(sorted(layout.parameters)) or "none"
        raise FeedError(
            f"{layout.title} does not take {', '.join(strange)}."
            if strange
            else f"{layout.title} needs {', '.join(missing)}.",
            remedy=f"Tell parameters by name; it takes {known}.",
        )
    found = {}
    for name, each in sorted(layout.parameters.items()):
        value = told.get(name) or each.default
        if each.characters is not None and len(value) > each.characters:
            raise FeedError(
                f"{name} {value!r} has more than {each.characters} characters.",
                remedy="Tell the code as the general ledger has it.",
                value=value,
            )
        found[name] = value
    return found
