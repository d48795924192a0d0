"""Accounting periods for readers: their days and fiscal years, and schedules in their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from revrec.disclosure import columns as c
from revrec.disclosure.span import Span
from revrec.model.dataset import DataSet, TieOut
from revrec.periods import MONTHS, Calendar

_MONTHS = re.compile(r"\b([Mm]onth)(s?)\b")


def fiscal_periods(span: Span) -> list[DataSet]:
    """What the periods of a report and those it looks ahead to are.

    None for calendar months of calendar years, whose names say it.
    """
    if span.period.calendar == MONTHS:
        return []
    rows = [
        (
            str(each), f"FY{each.fiscal_year}", f"Q{each.quarter}", each.place,
            each.first, each.last, (each.last - each.first).days + 1, str(each),
        )
        for each in (*span.periods, *span.scheduled)
    ]  # fmt: skip
    columns = [
        c.text("period", "Period"), c.text("fiscal_year", "Fiscal year"),
        c.text("quarter", "Quarter"), c.count("place", "In the year"),
        c.day("first", "First day"), c.day("last", "Last day"), c.count("days", "Days"), c.ROW_KEY,
    ]  # fmt: skip
    note = "The periods of the report, then those that schedules look ahead to."
    return [
        DataSet(
            name="accounting_periods",
            title="Accounting periods",
            columns=columns,
            rows=rows,
            note=note,
        )
    ]


def in_words_of(calendar: Calendar, tables: Mapping[str, DataSet]) -> Mapping[str, DataSet]:
    """The tables, with periods called so where they are not months."""
    if calendar.by_months:
        return tables
    return {
        name: replace(
            each,
            title=_said(each.title),
            note=_said(each.note),
            columns=[replace(column, title=_said(column.title)) for column in each.columns],
        )
        for name, each in tables.items()
    }


def checks_in_words_of(calendar: Calendar, checks: Iterable[TieOut]) -> list[TieOut]:
    """The checks, with periods called so where they are not months."""
    if calendar.by_months:
        return list(checks)
    return [
        replace(
            each,
            name=_said(each.name),
            left_name=_said(each.left_name),
            right_name=_said(each.right_name),
        )
        for each in checks
    ]


def _said(text: str) -> str:
    """The text with months as periods.

    >>> _said("Months before: 0-3 months")
    'Periods before: 0-3 periods'
    """
    return _MONTHS.sub(lambda told: ("P" if told[1] == "Month" else "p") + "eriod" + told[2], text)
