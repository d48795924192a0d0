"""A row of any sheet of a report explained, by the sheet's name and the row's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.audit.explanation import Explanation, Subject
from revrec.disclosure.columns import CURRENCY, ROW_KEY
from revrec.errors import NotFound
from revrec.ledger.detail import DETAIL
from revrec.model.books import Framework
from revrec.model.dataset import ColumnType, DataSet
from revrec.money import Money
from revrec.operations import books
from revrec.operations.computing import posted_detail
from revrec.operations.explaining import explain_posting, explained_at, touched
from revrec.operations.explaining_periods import period_explained
from revrec.operations.report import report
from revrec.operations.workspace import Workspace
from revrec.periods import Calendar, Period
from revrec.store import periods
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

Row = Mapping[str, Any]
_JOURNAL = "journal_detail"
_LARGEST = 20
"""Postings that are named."""
_NARROWING = ("customer", "contract", "obligation", "component", "product", "event", "account",
              "currency", "gl_code")  # fmt: skip


def explain_line(
    workspace: Workspace,
    period: str,
    sheet: str,
    key: str,
    *,
    framework: Framework | None = None,
) -> Explanation:
    """A row of a sheet of the report of a closed period, or of periods: ``FIRST..LAST``.

    A posting is explained as such. A row of a contract, or of one of its obligations, is explained
    by that as the last close knew it; any other row by its period. Its amounts and texts are told
    with it, and the largest postings of the same names. A row that names a period of the report is
    explained in that one. Raises NotFound for an unknown sheet or row.
    """
    if sheet == _JOURNAL:
        return replace(explain_posting(workspace, key, framework=framework), subject=Subject.LINE)
    first, last = _periods(workspace.calendar(), period)
    data = report(workspace, first, last, framework=framework).datasets
    if sheet not in data:
        raise NotFound(f"No sheet is called {sheet}.", remedy=f"There are {', '.join(data)}.")
    row = _row(data[sheet], key)
    of = _period_of(row, first, last)

    def explained(tx: Transaction) -> Explanation:
        close = periods.standing_close(tx, last)
        assert close is not None, "what is reported is closed"
        name = books.chosen(tx, last, close.pins, framework)
        base = _base(tx, workspace, row, (of or last, close.pins), framework)
        posted = posted_detail(tx, workspace.lake, book=name)
        named = list(_largest(posted, row, of or first, of or last))
        return replace(
            base,
            subject=Subject.LINE,
            name=f"{period}/{sheet} {key}",
            title=f"{data[sheet].title}, {period}, row {key}",
            amounts=_amounts(data[sheet], row),
            postings=[touched(each) for each in named],
            notes=[*_texts(data[sheet], row), *base.notes],
        )

    return workspace.run(explained, read_only=True)


def _base(
    tx: Transaction,
    workspace: Workspace,
    row: Row,
    at: tuple[Period, Pins],
    framework: Framework | None,
) -> Explanation:
    """The contract or obligation of the row in a period as known at the pins, or the period."""
    period, pins = at
    contract = row.get("contract")
    if not contract:
        return period_explained(tx, workspace.lake, period, framework)
    return explained_at(
        tx, workspace.lake, (contract, row.get("obligation") or None), period.last, pins,
        framework=framework,
    )  # fmt: skip


def _periods(calendar: Calendar, text: str) -> tuple[Period, Period]:
    """The first and the last period of a report."""
    first, _, last = text.partition("..")
    return calendar.parse(first), calendar.parse(last or first)


def _period_of(row: Row, first: Period, last: Period) -> Period | None:
    """The period of the report that a row names; none if it names none."""
    named = row.get("period") or row.get("service_month")
    return next((each for each in first.through(last) if str(each) == named), None)


def _row(data: DataSet, key: str) -> Row:
    names = [each.name for each in data.columns]
    if ROW_KEY.name not in names:
        raise NotFound(f"Rows of {data.name} have no keys.", remedy="Name another sheet.")
    at = names.index(ROW_KEY.name)
    for row in data.rows:
        if row[at] == key:
            return dict(zip(names, row, strict=True))
    raise NotFound(f"{data.name} has no row {key}.", remedy="Copy the row key from the sheet.")


def _amounts(data: DataSet, row: Row) -> dict[str, Money]:
    currency = str(row.get(CURRENCY.name) or data.currency or "")
    return {
        each.title: Money(row[each.name], currency)
        for each in data.columns
        if each.type is ColumnType.MONEY and row[each.name] is not None
    }


def _texts(data: DataSet, row: Row) -> Iterator[str]:
    for each in data.columns:
        told = row[each.name]
        if each.type is not ColumnType.MONEY and told not in {None, ""}:
            yield f"{each.title}: {told}"


def _largest(posted: pa.Table, row: Row, first: Period, last: Period) -> Sequence[Row]:
    """Postings of the periods with the names that the row tells, the largest first."""
    within = pa.array([str(each) for each in first.through(last)])
    found = posted.filter(pc.is_in(posted["period"], within))
    for name in _NARROWING:
        told = row.get(name)
        if name == "customer" and row.get("contract"):
            continue  # Schedules show the customer's name, postings the id; the contract is closer.
        if isinstance(told, str) and told and name in DETAIL.names:
            found = found.filter(pc.equal(found[name], told))
    ranked = found.append_column("size", pc.abs(found["amount"]))
    keys = [("size", "descending"), ("entry_seq", "ascending"), ("line_no", "ascending")]
    rows: list[Row] = ranked.sort_by(keys).slice(0, _LARGEST).to_pylist()
    return rows
