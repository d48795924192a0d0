"""What every workbook keeps, sheet by sheet, so that a controller sends it on as it is.

Held against the data sets the workbook was made of: identification, one flat named table, headings
in sight, a filter, control totals beside live sums, formats by type and currency, print set-up,
formulas guarded and none that reach out or change by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from reports.layout import FIRST_ROW, HEADER_ROW, ROWS_OFF
from reports.text import identifier
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import minor_digits

OWN = ("Cover", "Tie-out", "Summary", "Chart data")
_UNSTEADY = re.compile(r"\b(NOW|TODAY|RAND|RANDBETWEEN|OFFSET|INDIRECT|INFO|CELL)\(|\[\d+\]")
_PLACES = re.compile(r"^#,##0(?:\.(0+))?;\(#,##0(?:\.0+)?\);-$")
_ROWS_LOOKED_AT = 40
_TOTAL_LINES = ("Control total", "Sum of the rows", "Difference")


def deviations(path, data: Mapping[str, DataSet]) -> list[str]:
    """Each convention that a sheet of the workbook does not keep, by name; none if all is well."""
    book = openpyxl.load_workbook(path)
    told = {f"t_{identifier(name)}": each for name, each in data.items()}
    found = []
    if book.sheetnames[:2] != ["Cover", "Tie-out"]:
        found.append(f"opens with {book.sheetnames[:2]}")
    for sheet in book:
        off = [*_of_any(sheet), *(() if sheet.title in OWN else _of_data(sheet, told))]
        found += [f"{sheet.title}: {each}" for each in off]
    return found


def _of_any(sheet: Worksheet) -> list[str]:
    setup, head = sheet.page_setup, sheet.HeaderFooter
    formulas = [
        str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]
    entity = sheet["A1"].value
    kept = {
        "identified in rows 1 to 7": all(sheet[f"A{row}"].value for row in range(1, 8))
        or (sheet.title == "Cover" and entity),
        "printed in landscape": setup.orientation == "landscape",
        "fit to the page's width": sheet.sheet_properties.pageSetUpPr.fitToPage,
        "pages say whose they are": entity and entity in (head.oddHeader.left.text or ""),
        "pages are numbered": "&P of &N" in (head.oddFooter.right.text or ""),
        "formulas guarded": sheet.protection.sheet,
        "nothing unsteady or from outside": not any(map(_UNSTEADY.search, formulas)),
        "no merged data": all(each.max_row < HEADER_ROW for each in sheet.merged_cells.ranges),
    }
    return [name for name, holds in kept.items() if not holds]


def _of_data(sheet: Worksheet, told: Mapping[str, DataSet]) -> list[str]:
    (table,) = sheet.tables.values()
    data = told[table.displayName]
    rows = list(sheet.iter_rows(min_row=FIRST_ROW, max_row=FIRST_ROW + len(data.rows) - 1))
    headings = [cell.value for cell in sheet[HEADER_ROW]]
    keys = [row[-1].value for row in rows]
    pane = sheet.freeze_panes or ""
    kept = {
        "one table from the headings on": table.ref.startswith(f"A{HEADER_ROW}:"),
        "a filter over it": table.autoFilter.ref == table.ref,
        "headings in sight": pane.endswith(str(FIRST_ROW)),
        "headings on every page": sheet.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}",
        "row keys last, each once": headings[-1] == "Row key" and len(set(keys)) == len(keys),
        "row keys on one line": not any(row[-1].alignment.wrap_text for row in rows),
        "no formula in the data": not any(cell.data_type == "f" for row in rows for cell in row),
        "data may be annotated": not any(cell.protection.locked for row in rows for cell in row),
    }
    off = [name for name, holds in kept.items() if not holds]
    looked_at = [*rows[:_ROWS_LOOKED_AT], *rows[-_ROWS_LOOKED_AT:]]
    names = [column.name for column in data.columns]
    for place, column in enumerate(data.columns):
        for row in looked_at:
            currency = row[names.index("currency")].value if "currency" in names else data.currency
            if not _shown(column, row[place], currency):
                off.append(f"{column.name} is shown as {row[place].number_format!r}")
                break
    return [*off, *_totals(sheet, data)]


def _shown(column: Column, cell, currency: str | None) -> bool:
    """Whether a value has the format of its type."""
    if cell.value is None:
        return True
    form = cell.number_format
    places = _PLACES.match(form)
    decimals = len(places[1] or "") if places else None
    least = minor_digits(currency) if currency else 0
    return {
        ColumnType.TEXT: form == "@",
        ColumnType.DATE: form.startswith("yyyy-mm-dd"),
        ColumnType.MONEY: currency is not None and decimals == least,
        ColumnType.PRICE: decimals is not None and decimals >= least,
        ColumnType.RATIO: form == "0.00%",
        ColumnType.QUANTITY: decimals is not None or form == "@",
        ColumnType.INTEGER: decimals is not None or form in {"0", "@"},
    }[column.type]


def _totals(sheet: Worksheet, data: DataSet) -> list[str]:
    """Each currency's control totals as values, sums as formulas, differences as formulas."""
    totalled = [place for place, column in enumerate(data.columns) if column.total]
    if not totalled or not data.rows:
        return []
    below = list(sheet.iter_rows(min_row=FIRST_ROW + len(data.rows) + 1))
    off = []
    for number, line in enumerate(_TOTAL_LINES):
        labelled = [row for row in below if any(str(cell.value).startswith(line) for cell in row)]
        if not labelled:
            off.append(f"no row of {line}")
        cells = [row[place] for row in labelled for place in totalled]
        live = {cell.data_type == "f" for cell in cells if cell.value is not None}
        if live - {number > 0}:
            off.append(f"{line}: {'a value' if number else 'a formula'}")
    across = [place for place, column in enumerate(data.columns) if column.parts]
    if across:
        counts = [row for row in below if any(each.value == ROWS_OFF for each in row)]
        if not counts or not all(counts[0][place].data_type == "f" for place in across):
            off.append("rows are not added up")
    return off
