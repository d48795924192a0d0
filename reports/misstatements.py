"""The worksheet on errors of earlier periods as a workbook, every figure of it a live formula."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path

from reports import style
from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.frame import identification
from reports.layout import HEADER_ROW, SIGNIFICANT_DIGITS
from reports.page import Page
from reports.publish import publish
from reports.style import Role
from reports.text import counted
from revrec.disclosure.misstatements import MEASURES, Effect, Worksheet
from revrec.operations.misstating import Assessed

SHEET = "Misstatements"
_COLUMNS = (
    ("Error", 16), ("Arose in month to", 18), ("Turned around in month to", 18),
    ("Nature", 14), ("Contract", 16), ("Description", 44),
    ("Revenue overstated", 20), ("Pre-tax income overstated", 20),
)  # fmt: skip
_EFFECT_COLUMNS = (
    "Fiscal year after", "to", "Measure", "Rollover", "Iron curtain", "Conclusion", "Statements",
    "Threshold", "Rollover, share", "Iron curtain, share",
)  # fmt: skip
_OF = dict(zip(MEASURES, "GH", strict=True))
"""Measure -> column of the errors that holds it."""
MATERIAL, SMALL = "material", "below the threshold"


def write_worksheet(assessed: Assessed, folder: Path) -> list[Path]:
    """Write the workbook and its manifest; a draft, since what follows is decided by people."""
    cover = Cover(
        entity=assessed.entity.name or f"Entity {assessed.entity.id}",
        report=SHEET,
        period=str(assessed.worksheet.calendar.of(assessed.worksheet.effects[-1].year_end)),
        as_of=assessed.known_at,
        functional_currency=assessed.worksheet.currency,
        run_id=f"facts{assessed.fact_seq}",
        engine_version=assessed.engine_version,
        facts_version=assessed.fact_seq,
        prepared_by=assessed.prepared_by,
    )
    page = partial(write_page, made=assessed.worksheet)
    files = publish(folder, cover, [], [], free={SHEET: page})
    manifest = write_manifest(folder, cover, files)
    return [*(folder / each.name for each in files), manifest]


def write_page(page: Page, cover: Cover, made: Worksheet) -> None:
    """Errors above, their effects by year and measure below, and what follows at the end."""
    extent = counted(len(made.errors), "error")
    page.identify(identification(cover, SHEET, [made.currency], extent))
    for letter, (heading, width) in zip("ABCDEFGH", _COLUMNS, strict=True):
        page.put(f"{letter}{HEADER_ROW}", heading, Role.HEADER)
        page.sheet.column_dimensions[letter].width = width
    for letter in "IJ":
        page.sheet.column_dimensions[letter].width = 18
    form = style.money(made.currency)
    first, row = HEADER_ROW + 1, HEADER_ROW + 1
    for each in made.errors:
        turned = made.calendar.of(each.reverses_on).last if each.reverses_on else None
        page.put(f"A{row}", each.id, Role.FIXED, style.TEXT)
        page.put(f"B{row}", _moment(made.calendar.of(each.on).last), Role.FIXED, style.DATE)
        page.put(f"C{row}", _moment(turned) if turned else None, Role.FIXED, style.DATE)
        page.put(f"D{row}", each.nature.value, Role.FIXED)
        page.put(f"E{row}", each.contract, Role.FIXED, style.TEXT)
        page.put(f"F{row}", each.description, Role.FIXED, wrap=True)
        for measure, letter in _OF.items():
            page.put(f"{letter}{row}", each.effects[measure], Role.FIXED, form)
        row += 1
    last = max(first, row - 1)
    _write_effects(page, made, first, last, last + 3)
    page.set_up_print(cover, HEADER_ROW, width=sum(width for _, width in _COLUMNS) + 36)
    page.protect(data=False)


def _write_effects(page: Page, made: Worksheet, first: int, last: int, row: int) -> None:
    for letter, heading in zip("ABCDEFGHIJ", _EFFECT_COLUMNS, strict=True):
        page.put(f"{letter}{row}", heading, Role.HEADER)
    for at, effect in enumerate(made.effects, start=row + 1):
        _write_effect(page, made.currency, effect, (first, last), at)
    below = row + len(made.effects) + 2
    lines = [
        ("By the numbers and factors", made.conclusion),
        ("Proposed", made.proposed.value.replace("_", " ")),
        *(("Factor", each.value.replace("_", " ")) for each in sorted(made.factors)),
    ]
    for at, (name, text) in enumerate(lines, start=below):
        page.put(f"A{at}", name, Role.LABEL)
        page.put(f"C{at}", text, Role.NOTE)


def _write_effect(
    page: Page, currency: str, effect: Effect, errors: tuple[int, int], row: int
) -> None:
    """One measure of one year, computed from the errors above."""
    first, last = errors
    amounts = f"${_OF[effect.measure]}${first}:${_OF[effect.measure]}${last}"
    arose, turned = (f"${letter}${first}:${letter}${last}" for letter in "BC")

    def within(days: str, *, since: bool) -> str:
        after = f',{days},">"&A{row}' if since else ""
        return f'SUMIFS({amounts},{days},"<="&B{row}{after})'

    form = style.money(currency)
    page.put(f"A{row}", _moment(effect.begins_after), Role.FIXED, style.DATE)
    page.put(f"B{row}", _moment(effect.year_end), Role.FIXED, style.DATE)
    page.put(f"C{row}", effect.measure.replace("_", " "), Role.FIXED)
    for letter, amount, since in (
        ("D", effect.rollover, True),
        ("E", effect.iron_curtain, False),
    ):
        formula = f"={within(arose, since=since)}-{within(turned, since=since)}"
        page.put_formula(f"{letter}{row}", formula, amount, Role.FIXED, form)
    page.put(f"G{row}", effect.benchmark, Role.FIXED, form)
    page.put(f"H{row}", _decimal(effect.threshold), Role.FIXED, style.RATIO)
    for letter, of, share in zip("IJ", "DE", effect.shares, strict=True):
        formula = f"=IF(G{row}=0,IF({of}{row}=0,0,1),ABS({of}{row}/G{row}))"
        page.put_formula(f"{letter}{row}", formula, _decimal(share), Role.FIXED, style.RATIO)
    result = MATERIAL if effect.material else SMALL
    formula = f'=IF(MAX(I{row}:J{row})>=H{row},"{MATERIAL}","{SMALL}")'
    page.put_formula(f"F{row}", formula, result, Role.FIXED)


def _decimal(share: Fraction) -> Decimal:
    """As many digits as a cell keeps."""
    return Decimal(f"{Decimal(share.numerator) / share.denominator:.{SIGNIFICANT_DIGITS}g}")


def _moment(day: date) -> datetime:
    """A day as a cell keeps it."""
    return datetime.combine(day, time())
