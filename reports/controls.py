"""The two control sheets: Cover says what the workbook is, Tie-out that it agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from reports import style
from reports.cover import Cover, naive_utc
from reports.frame import identification
from reports.layout import FIRST_ROW, HEADER_ROW, ROWS_OFF, SIGNIFICANT_DIGITS, Layout
from reports.page import Page
from reports.style import Role
from reports.text import counted
from reports.totals import Total
from revrec.errors import ReportError
from revrec.model.dataset import TieOut
from revrec.money import from_minor

COVER = "Cover"
TIE_OUT = "Tie-out"
MARKS: Mapping[str, str] = {
    "TB": "agreed to the trial balance",
    "PY": "agreed to the prior period",
    "F": "footed: the column adds up",
    "CF": "cross-footed: agreed to another schedule",
    "T": "traced to the contract",
    "R": "recomputed",
}
"""Tick marks and what they say; printed under the checks."""
AGREES, DIFFERS = "OK", "DIFFERENCE"
_TIE_OUT_COLUMNS = (
    ("No.", 6, style.RIGHT), ("Check", 38, style.GENERAL), ("Currency", 10, style.GENERAL),
    ("Left figure", 30, style.GENERAL), ("Left", 17, style.RIGHT),
    ("Right figure", 30, style.GENERAL), ("Right", 17, style.RIGHT),
    ("Difference", 13, style.RIGHT), ("Tolerance", 11, style.RIGHT),
    ("Result", 13, style.GENERAL),
    ("Mark", 7, style.GENERAL), ("Explanation", 22, style.GENERAL),
    ("Signed off by, date", 18, style.GENERAL),
)  # fmt: skip
_LINE_HEIGHT = 13.5
_TOTALS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    name: str
    amount: Decimal
    formula: str = ""
    """Where the amount comes from, when it is not a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    name: str
    currency: str
    left: _Side
    right: _Side
    mark: str
    form: style.Format

    @property
    def difference(self) -> Decimal:
        return self.left.amount - self.right.amount


def write_tie_out(
    page: Page, cover: Cover, layouts: Sequence[Layout], tie_outs: Sequence[TieOut]
) -> None:
    """Every check of the workbook, one a row: given tie-outs first, then the footing of totals."""
    checks = [*map(_tie_out, tie_outs), *(each for at in layouts for each in _footings(at))]
    currencies = sorted({check.currency for check in checks if check.currency})
    page.identify(identification(cover, TIE_OUT, currencies, counted(len(checks), "check")))
    for letter, (heading, width, form) in zip("ABCDEFGHIJKLM", _TIE_OUT_COLUMNS, strict=True):
        page.put(f"{letter}{HEADER_ROW}", heading, Role.HEADER, form)
        page.sheet.column_dimensions[letter].width = width
    for row, check in enumerate(checks, start=FIRST_ROW):
        _write_check(page, row, check)
    last = FIRST_ROW + len(checks) - 1
    if checks:
        page.flag(f"H{FIRST_ROW}:H{last}")
        page.flag(f"J{FIRST_ROW}:J{last}", good=f'"{AGREES}"')
    page.put(f"B{last + 2}", "Marks", Role.LABEL)
    for row, (mark, meaning) in enumerate(MARKS.items(), start=last + 3):
        page.put(f"B{row}", f"{mark}  {meaning}", Role.NOTE)
    page.sheet.freeze_panes = f"C{FIRST_ROW}"
    page.sheet.sheet_view.showGridLines = False
    page.sheet.auto_filter.ref = f"A{HEADER_ROW}:M{max(last, FIRST_ROW)}"
    page.set_up_print(cover, HEADER_ROW)
    page.protect(data=False)
    page.sheet.protection.autoFilter = False


def _write_check(page: Page, row: int, check: _Check) -> None:
    page.put(f"A{row}", row - FIRST_ROW + 1, Role.FIXED, style.ORDINAL)
    page.put(f"B{row}", check.name, Role.FIXED, wrap=True)
    page.put(f"C{row}", check.currency, Role.FIXED)
    sides = (check.left, check.right)
    for name_at, amount_at, side in zip("DF", "EG", sides, strict=True):
        page.put(f"{name_at}{row}", side.name, Role.FIXED, wrap=True)
        cell = f"{amount_at}{row}"
        if side.formula:
            page.put_formula(cell, side.formula, side.amount, Role.FIXED, check.form)
        else:
            page.put(cell, side.amount, Role.FIXED, check.form)
    lines = max(-(-len(check.name) // 46), *(-(-len(side.name) // 37) for side in sides))
    page.sheet.row_dimensions[row].height = _LINE_HEIGHT * lines
    places = max(0, -int(check.difference.as_tuple().exponent))
    formula = f"=ROUND(E{row}-G{row},{places})"
    page.put_formula(f"H{row}", formula, check.difference, Role.FIXED, check.form)
    result = DIFFERS if check.difference else AGREES
    page.put(f"I{row}", 0, Role.FIXED, check.form)
    verdict = f'=IF(ABS(H{row})<=I{row},"{AGREES}","{DIFFERS}")'
    page.put_formula(f"J{row}", verdict, result, Role.FIXED)
    page.put(f"K{row}", check.mark, Role.FIXED)
    for letter in "LM":
        page.put(f"{letter}{row}", None, Role.BODY, wrap=True)


def _tie_out(tie: TieOut) -> _Check:
    largest = max(abs(tie.left), abs(tie.right))
    if largest >= 10**SIGNIFICANT_DIGITS:
        raise ReportError(
            f"The tie-out {tie.name!r} holds {from_minor(largest, tie.currency)} {tie.currency}; "
            f"a spreadsheet cell keeps {SIGNIFICANT_DIGITS} significant digits.",
            remedy="Tie out by product or contract.",
            currency=tie.currency,
        )
    return _Check(
        name=tie.name,
        currency=tie.currency,
        left=_Side(name=tie.left_name, amount=from_minor(tie.left, tie.currency)),
        right=_Side(name=tie.right_name, amount=from_minor(tie.right, tie.currency)),
        mark=tie.mark,
        form=style.money(tie.currency),
    )


def _footed(layout: Layout) -> list[Total]:
    """The totals that have a live sum."""
    return [total for total in layout.totals if not layout.fields[total.position].as_text]


def _footings(layout: Layout) -> Iterator[_Check]:
    """That a sheet's columns add up, and its rows where they are to."""
    if _footed(layout):
        yield _footing(layout)
    if layout.footed_across:
        yield _footing_across(layout)


def _footing_across(layout: Layout) -> _Check:
    """One check a sheet: in none of its rows is a sum other than its parts."""
    cells = [
        layout.reference(f"{get_column_letter(position + 1)}{layout.across_row}")
        for position in layout.footed_across
    ]
    off = Decimal(sum(layout.footed_across.values()))
    return _Check(
        name=f"{layout.data.title}: every row adds up",
        currency="",
        left=_Side(name=ROWS_OFF, amount=off, formula=f"={'+'.join(cells)}"),
        right=_Side(name="None allowed", amount=Decimal(0)),
        mark="F",
        form=style.COUNT,
    )


def _footing(layout: Layout) -> _Check:
    """One check a sheet: how many of its control totals agree with the live sums."""
    count = Decimal(len(_footed(layout)))
    last = get_column_letter(len(layout.fields))
    rows = [layout.total_row(currency) + 2 for currency in layout.total_currencies]
    agreeing = [f"COUNTIF({layout.reference(f'A{row}:{last}{row}')},0)" for row in rows]
    return _Check(
        name=f"{layout.data.title}: every column adds up",
        currency="",
        left=_Side(name="Control totals", amount=count),
        right=_Side(name="Live sums that agree", amount=count, formula=f"={'+'.join(agreeing)}"),
        mark="F",
        form=style.COUNT,
    )


def write_cover(
    page: Page, cover: Cover, layouts: Sequence[Layout], tie_outs: Sequence[TieOut]
) -> None:
    """Identification, the state of the checks, and every sheet with its rows and totals."""
    page.put("A1", cover.entity, Role.ENTITY)
    page.put("A2", f"{cover.report}, {cover.months}", Role.REPORT)
    page.sheet.row_dimensions[1].height = 24
    row = _write_facts(page, cover, start=4)
    page.put(f"A{row}", "Checks that do not agree", Role.LABEL)
    footings = [each for layout in layouts for each in _footings(layout)]
    checks = len(tie_outs) + len(footings)
    if checks:
        results = f"'{TIE_OUT}'!J{FIRST_ROW}:J{FIRST_ROW + checks - 1}"
        failing = sum(1 for each in tie_outs if each.difference)
        failing += sum(1 for each in footings if each.difference)
        formula = f'=COUNTIF({results},"{DIFFERS}")'
        page.put_formula(f"B{row}", formula, failing, Role.PLAIN, style.TALLY)
        page.flag(f"B{row}")
    page.put(f"C{row}", f"of {checks} on the sheet {TIE_OUT}", Role.NOTE)
    last = _write_contents(page, layouts, start=row + 2)
    page.put(
        f"A{last + 2}",
        "Negative amounts are in parentheses. In signed columns debits are positive and credits "
        "negative. Control totals are values; sums and differences are live.",
        Role.NOTE,
    )
    page.sheet.sheet_view.showGridLines = False
    page.set_up_print(cover, None)
    page.protect(data=False)


def _write_facts(page: Page, cover: Cover, start: int) -> int:
    """Label and value, one a row; returns the row after the last."""
    facts: list[tuple[str, str | datetime]] = [
        ("Entity", cover.entity),
        ("Book", cover.book),
        ("Report", cover.report),
        ("Period", cover.months),
        ("As of (UTC)", naive_utc(cover.as_of)),
        ("Functional currency", cover.functional_currency),
        ("Status", cover.status),
        ("Prepared by", cover.prepared_by),
        ("Approved by", cover.approved_by or "not yet approved"),
        ("Closed at (UTC)", naive_utc(cover.closed_at) if cover.closed_at else "not closed"),
        ("Version of this report", f"v{cover.version}"),
        ("Run", cover.run_id),
        ("Engine version", cover.engine_version),
        ("Chain head", cover.chain_head or "no journal yet"),
        ("Inputs", cover.inputs),
    ]
    for row, (label, value) in enumerate(facts, start=start):
        page.put(f"A{row}", label, Role.LABEL)
        form = style.GENERAL if isinstance(value, str) else style.MOMENT
        page.put(f"B{row}", value, Role.PLAIN, form)
    return start + len(facts)


def _write_contents(page: Page, layouts: Sequence[Layout], start: int) -> int:
    """Each sheet with a link, its rows and its control totals; returns the last row."""
    currencies = sorted({total.currency or "" for at in layouts for total in at.totals})
    columns = {currency: get_column_letter(4 + n) for n, currency in enumerate(currencies)}
    for letter, width in zip("ABC", (34, 18, 40), strict=True):
        page.sheet.column_dimensions[letter].width = width
    page.put(f"A{start}", "Sheet", Role.HEADER)
    page.put(f"B{start}", "Rows", Role.HEADER, style.RIGHT)
    page.put(f"C{start}", "Control total of", Role.HEADER)
    for currency, letter in columns.items():
        page.sheet.column_dimensions[letter].width = 21
        page.put(f"{letter}{start}", currency or "Total", Role.HEADER, style.RIGHT)
    row = start + 1
    for layout in layouts:
        page.put(f"A{row}", layout.data.title, Role.LINK)
        page.sheet[f"A{row}"].hyperlink = Hyperlink(
            ref=f"A{row}", location=layout.reference("A1"), display=layout.title
        )
        page.put(f"B{row}", len(layout.data.rows), Role.FIXED, style.COUNT)
        for position in _shown(layout):
            for letter in ("A", "B", "C", *columns.values()):
                if page.sheet[f"{letter}{row}"].value is None:
                    page.put(f"{letter}{row}", None, Role.FIXED)
            for total in layout.totals:
                if total.position == position:
                    form = layout.fields[position].form(total.currency)
                    cell = f"{columns[total.currency or '']}{row}"
                    page.put(f"C{row}", total.column.title, Role.FIXED)
                    page.put(cell, layout.shown(total), Role.FIXED, form)
            row += 1
    return row - 1


def _shown(layout: Layout) -> Sequence[int | None]:
    """Columns whose totals the cover shows: all, or the first and last of many; None if none."""
    positions = sorted({total.position for total in layout.totals})
    half = _TOTALS_SHOWN // 2
    few = len(positions) <= _TOTALS_SHOWN
    return (positions if few else [*positions[:half], *positions[-half:]]) or [None]
