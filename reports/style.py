"""How things look: number formats and the named styles of a workbook.

A cell's style is a role (what the cell is for) and a format (how its value is shown). Styles are
made when first used and named, so that a reader finds them in the style gallery.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.worksheet.worksheet import Worksheet

from revrec.money import minor_digits

FONT = "Calibri"
NAVY = "1F3864"
GREY = "595959"
RULE = "D9D9D9"
SHADE = "F2F5FA"
RED_TEXT, RED_FILL = "9C0006", "FFC7CE"
GREEN_TEXT, GREEN_FILL = "006100", "E2EFDA"


@dataclass(frozen=True, slots=True)
class Format:
    """How a value is shown."""

    label: str
    code: str
    right: bool = False


TEXT = Format("text", "@")
"""Text that stays text, as ids must."""
GENERAL = Format("general", "General")
"""Labels, and formulas that give text: in a text cell Excel would show the formula."""
DATE = Format("date", "yyyy-mm-dd")
MOMENT = Format("time", "yyyy-mm-dd hh:mm")
RATIO = Format("ratio", "0.00%", right=True)
COUNT = Format("count", "#,##0", right=True)
TALLY = Format("tally", "#,##0")
ORDINAL = Format("ordinal", "0", right=True)
DIGITS = Format("digits", "@", right=True)
"""Numbers kept as text because a cell would round them."""


RIGHT = Format("right", "General", right=True)
"""Headings of numbers."""


def decimals(places: int) -> Format:
    """Thousands separated, negatives in parentheses, zero as a dash."""
    number = "#,##0" + ("." + "0" * places if places else "")
    return Format(f"{places} decimals", f"{number};({number});-", right=True)


def money(currency: str) -> Format:
    """Money with the decimals of its currency."""
    return decimals(minor_digits(currency))


class Role(StrEnum):
    """What a cell is for."""

    ENTITY = "entity"
    REPORT = "report"
    NOTE = "note"
    HEADER = "header"
    BODY = "body"
    """Data: may be sorted, filtered and annotated."""
    FIXED = "fixed"
    """Values and formulas that may not be typed over."""
    PLAIN = "plain"
    TOTAL = "total"
    CHECK = "check"
    LABEL = "label"
    LINK = "link"


_THIN = Side(style="thin", color=NAVY)
_HAIR = Side(style="hair", color=RULE)
_FONTS = {
    Role.ENTITY: Font(name=FONT, size=16, bold=True, color=NAVY),
    Role.REPORT: Font(name=FONT, size=12, bold=True, color=NAVY),
    Role.NOTE: Font(name=FONT, size=10, color=GREY),
    Role.HEADER: Font(name=FONT, size=10, bold=True, color="FFFFFF"),
    Role.TOTAL: Font(name=FONT, size=10, bold=True),
    Role.LABEL: Font(name=FONT, size=10, bold=True, color=NAVY),
    Role.LINK: Font(name=FONT, size=10, underline="single", color="0563C1"),
}
_PLAIN = Font(name=FONT, size=10)
_FILLS = {
    Role.HEADER: PatternFill("solid", fgColor=NAVY),
    Role.TOTAL: PatternFill("solid", fgColor=SHADE),
}
_BORDERS = {
    Role.BODY: Border(bottom=_HAIR),
    Role.FIXED: Border(bottom=_HAIR),
    Role.LINK: Border(bottom=_HAIR),
    Role.TOTAL: Border(top=_THIN),
}
_WRAPPED = frozenset({Role.HEADER})
_IN_TABLES = frozenset({Role.HEADER, Role.BODY, Role.FIXED, Role.LINK, Role.TOTAL, Role.CHECK})


def _indent(role: Role, form: Format) -> int:
    """Room between a number and the text beside it, and for the filter's arrow in a heading."""
    if form.right:
        return 2 if role is Role.HEADER else 0
    return 1 if role in _IN_TABLES else 0


class Styles:
    """The named styles of one workbook, made when first asked for."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._names: dict[tuple[Role, Format, bool], str] = {}

    def name(self, role: Role, form: Format = GENERAL, *, wrap: bool = False) -> str:
        """Name of the style, registered with the workbook."""
        key = (role, form, wrap)
        if key not in self._names:
            name = f"revrec {role} {form.label}" + (" wrapped" if wrap else "")
            wraps = wrap or role in _WRAPPED
            self._workbook.add_named_style(
                NamedStyle(
                    name=name,
                    number_format=form.code,
                    font=_FONTS.get(role, _PLAIN),
                    fill=_FILLS.get(role, PatternFill()),
                    border=_BORDERS.get(role, Border()),
                    alignment=Alignment(
                        horizontal="right" if form.right else "left",
                        indent=_indent(role, form),
                        vertical="center" if role is Role.HEADER else "top",
                        wrap_text=wraps,
                    ),
                    protection=Protection(locked=role is not Role.BODY),
                )
            )
            self._names[key] = name
        return self._names[key]

    def index(
        self, sheet: Worksheet, form: Format, *, wrap: bool = False, quoted: bool = False
    ) -> int:
        """Index of the body style in the workbook, for rows that are streamed."""
        cell = WriteOnlyCell(sheet)
        cell.style = self.name(Role.BODY, form, wrap=wrap)
        cell.quotePrefix = quoted
        return cell.style_id
