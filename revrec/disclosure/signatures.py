"""Who stands behind a row: columns of people and records beside what a schedule shows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from revrec.column_rows import ColumnRows
from revrec.disclosure import columns as c
from revrec.disclosure.by_column import as_taken, by_column
from revrec.model.dataset import Column, DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A close: the last entry it posted, and its people."""

    chain_seq: int
    prepared_by: str
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a fact came into the books."""

    on: date
    by: str
    approved_by: str = ""
    """The second person, where one was needed."""
    digest: str
    """SHA-256 of what was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """People behind the rows of a report."""

    closes: Sequence[Closed]
    """By the entries they posted."""
    modifications: Mapping[tuple[str, str], Told]
    """By contract and id."""
    selling_prices: Mapping[str, Told]
    """By entry of the book."""


_PEOPLE = (c.text("prepared_by", "Prepared by"), c.text("approved_by", "Approved by"))
_TOLD = (
    c.day("received", "Recorded on"), c.text("recorded_by", "Recorded by"),
    c.text("evidence", "Record (SHA-256)"),
)  # fmt: skip
_BOOK = (c.text("book_told_by", "Recorded by"), c.text("book_approved_by", "Approved by"))


def signed(data: Mapping[str, DataSet], by: Signatures) -> dict[str, DataSet]:
    """The data sets, with those behind journal lines and modifications in columns of their own.

    A line is prepared and approved by the people of the close that posted its entry; what
    cancelled out has no entry and nobody.
    """
    last = [each.chain_seq for each in by.closes]

    def of_line(entry: object) -> Sequence[object]:
        number = int(str(entry))
        place = bisect_left(last, number)
        if not number or place == len(last):
            return "", ""
        return by.closes[place].prepared_by, by.closes[place].approved_by

    def of_change(contract: object, modification: object) -> Sequence[object]:
        told = by.modifications.get((str(contract), str(modification)))
        return (told.on, told.by, told.digest) if told else (None, "", "")

    found = dict(data)
    found["journal_detail"] = _beside(data["journal_detail"], _PEOPLE, ["entry"], of_line)
    log, named = data["modification_log"], ["contract", "modification"]
    found["modification_log"] = _beside(log, _TOLD, named, of_change)
    return found


def signed_prices(analysis: DataSet, by: Signatures) -> DataSet:
    """The analysis of selling prices with those who told and approved the entry of the book."""

    def of_entry(book: object) -> Sequence[object]:
        told = by.selling_prices.get(str(book))
        return (told.by, told.approved_by) if told else ("", "")

    return _beside(analysis, _BOOK, ["book"], of_entry)


def _beside(
    data: DataSet,
    added: Sequence[Column],
    named: Sequence[str],
    values: Callable[..., Sequence[object]],
) -> DataSet:
    """The data set with columns before its row key, which stays last.

    Their values are of those in the columns ``named``, and looked up once for each.
    """
    *columns, key = data.columns
    rows, places = by_column(data).rows, [column.name for column in data.columns]
    assert isinstance(rows, ColumnRows), f"{data.name} has rows of one length"
    keys = list(zip(*(rows.values(places.index(name)) for name in named), strict=True))
    told = {each: values(*each) for each in dict.fromkeys(keys)}
    beside = [
        as_taken(column, [told[each][place] for each in keys]) for place, column in enumerate(added)
    ]
    *before, last = rows.columns
    signed_rows = ColumnRows([*before, *beside, last], len(rows))
    return replace(data, columns=[*columns, *added, key], rows=signed_rows)
