"""What changed since an earlier report: every schedule, row by row, in the order of the sheets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reports.columns import CURRENCY
from reports.cover import Cover
from reports.earlier import Earlier, Fields, Twin, twin_of
from reports.forecast import FORECAST
from reports.totals import money_totals
from revrec.disclosure.columns import CURRENCY as CURRENCY_COLUMN
from revrec.disclosure.columns import ROW_KEY, key_of, money, text
from revrec.model.dataset import ColumnType, DataSet, TieOut
from revrec.money import to_minor

CHANGES = "changes_since_last_close"
Kind = Literal["changed", "added", "removed"]
_COLUMNS = (
    text("sheet", "Schedule"), text("key", "Row of the schedule"), text("column", "Column"),
    text("kind", "What happened"), CURRENCY_COLUMN, money("before", "Before"),
    money("after", "After"), money("change", "Change"), text("text_before", "Text before"),
    text("text_after", "Text after"), ROW_KEY,
)  # fmt: skip
_NONE: Fields = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field that differs; of a row that came or went, an amount or the row as a whole."""

    sheet: str
    key: str
    column: str
    """Empty for a row without amounts that came or went."""
    kind: Kind
    currency: str
    before: int | None = None
    """Minor units, as ``after``; none where there was no amount."""
    after: int | None = None
    text_before: str = ""
    """What is no amount: text, days, quantities and shares, as the CSV twin writes them."""
    text_after: str = ""

    @property
    def change(self) -> int | None:
        """After less before, none where neither is an amount."""
        if self.before is None and self.after is None:
            return None
        return (self.after or 0) - (self.before or 0)

    @property
    def row(self) -> tuple[object, ...]:
        """As a row of the sheet."""
        own = key_of(self.sheet, self.key, self.column, self.kind)
        return (self.sheet, self.key, self.column, self.kind, self.currency, self.before,
                self.after, self.change, self.text_before, self.text_after, own)  # fmt: skip


def changes_since(
    earlier: Earlier, data: Mapping[str, DataSet], cover: Cover
) -> tuple[DataSet, list[TieOut]]:
    """The sheet of all differences, and its checks.

    A row that came or went is told by its amounts, or by one line if it has none. Lines without
    amounts stand under the functional currency where their schedule has no currency. Checked, by
    schedule and currency: the changes are the control totals of now less those that the earlier
    manifest told; and in each currency, after is before and the change. ``ReportError`` if two
    rows of a schedule share a key.
    """
    keyed = {
        name: twin_of(sheet)
        for name, sheet in data.items()
        if any(column.name == ROW_KEY.name for column in sheet.columns)
    }
    names = [*keyed, *(name for name in earlier.twins if name not in {*keyed, CHANGES, FORECAST})]
    lines: list[Line] = []
    checks: list[TieOut] = []
    for name in names:
        before = earlier.twins.get(name, Twin(sheet=name))
        after = keyed.get(name, Twin(sheet=name))
        found = list(_differences(before, after, cover.functional_currency))
        checks += _tied(before, after, found)
        lines += found
    unkeyed = [name for name in data if name not in keyed]
    note = (
        f"Against the report of {earlier.period}, v{earlier.version}, run {earlier.run_id}, "
        f"manifest SHA-256 {earlier.sha256}."
    )
    sheet = DataSet(
        name=CHANGES,
        title="Changes since last close",
        columns=_COLUMNS,
        rows=[line.row for line in lines],
        note=f"{note} Without row keys: {', '.join(unkeyed)}." if unkeyed else note,
    )
    return sheet, [*checks, *_footed(sheet)]


def _differences(before: Twin, after: Twin, functional: str) -> Iterator[Line]:
    """In the order of the rows now, then of those that are gone."""
    for key, now in after.rows.items():
        then = before.rows.get(key)
        if then is None:
            yield from _whole(after, key, now, "added", functional)
        elif _currency(before, then) != _currency(after, now):
            yield from _whole(before, key, then, "removed", functional)
            yield from _whole(after, key, now, "added", functional)
        else:
            yield from _changed(before, after, key, functional)
    for key, then in before.rows.items():
        if key not in after.rows:
            yield from _whole(before, key, then, "removed", functional)


def _currency(twin: Twin, fields: Fields) -> str:
    return fields.get(CURRENCY) or twin.currency or ""


def _whole(twin: Twin, key: str, fields: Fields, kind: Kind, functional: str) -> Iterator[Line]:
    """A row that came or went: its amounts, or one line if it has none."""
    currency = _currency(twin, fields)
    amounts: dict[str, int | None] = {
        name: amount for name in fields if (amount := _amount(twin, name, fields, currency))
    }
    for name, amount in (amounts or {"": None}).items():
        yield Line(
            sheet=twin.sheet,
            key=key,
            column=name,
            kind=kind,
            currency=currency or functional,
            before=amount if kind == "removed" else None,
            after=amount if kind == "added" else None,
        )


def _changed(before: Twin, after: Twin, key: str, functional: str) -> Iterator[Line]:
    """The fields that differ of a row that is in both; a column of one side is empty in the other.

    A column that was an amount and is none now, or the other way, differs in both ways.
    """
    then, now = before.rows[key], after.rows[key]
    currency = _currency(after, now)
    for name in dict.fromkeys((*now, *then)):
        sides = [(before, then), (after, now)]
        amounts = [_amount(twin, name, fields, currency) for twin, fields in sides]
        texts = [
            "" if twin.types.get(name) is ColumnType.MONEY else fields.get(name, "")
            for twin, fields in sides
        ]
        if (amounts[0] or 0) != (amounts[1] or 0) or texts[0] != texts[1]:
            yield Line(
                sheet=after.sheet,
                key=key,
                column=name,
                kind="changed",
                currency=currency or functional,
                before=amounts[0],
                after=amounts[1],
                text_before=texts[0],
                text_after=texts[1],
            )


def _amount(twin: Twin, name: str, fields: Fields, currency: str) -> int | None:
    told = fields.get(name)
    if not told or twin.types[name] is not ColumnType.MONEY:
        return None
    return to_minor(Decimal(told), currency)


def _tied(before: Twin, after: Twin, lines: list[Line]) -> list[TieOut]:
    """The columns that are added up: control totals now less before, against the changes."""
    totals: dict[str, int] = defaultdict(int)
    for sums, sign in ((after.sums, 1), (before.sums, -1)):
        for (_, currency), amount in sums.items():
            totals[currency] += sign * amount
    changes: dict[str, int] = defaultdict(int)
    for line in lines:
        where = (line.column, line.currency)
        changes[line.currency] += (line.after or 0) if where in after.sums else 0
        changes[line.currency] -= (line.before or 0) if where in before.sums else 0
    return [
        TieOut(
            name=f"Changes of {after.sheet}",
            left_name="Control totals now less those of the earlier report",
            left=totals[currency],
            right_name="Changes of the columns that are added up",
            right=changes[currency],
            currency=currency,
            mark="PY",
        )
        for currency in sorted(totals.keys() | changes.keys())
        if totals[currency] or changes[currency]
    ]


def _footed(sheet: DataSet) -> list[TieOut]:
    sums = {name: money_totals(sheet, name) for name in ("before", "after", "change")}
    return [
        TieOut(
            name="Changes since last close",
            left_name="Before and change",
            left=sums["before"][currency] + sums["change"][currency],
            right_name="After",
            right=sums["after"][currency],
            currency=currency,
            mark="CF",
        )
        for currency in sorted(sums["after"])
    ]
