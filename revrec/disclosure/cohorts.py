"""The waterfall added up: by the month contracts were booked in, and by product over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet


@cites("606-10-50-13", "606-10-50-5")
def revenue_cohorts(frame: Frame, waterfall: DataSet) -> DataSet:
    """Booked month by recognised month: a row for each month in which contracts were approved.

    The columns of ``waterfall``, added up; its total is the waterfall's.
    """
    span = frame.span
    figures = [
        c.money("allocated", "Transaction price share"),
        c.money("before", f"Recognised before {span.first}"),
        *(c.money(c.month_name("actual", m), f"{m} actual") for m in span.periods),
        *(c.money(c.month_name("scheduled", m), f"{m} scheduled") for m in span.scheduled),
        c.money("beyond", "Beyond horizon"),
        c.money("unscheduled", "Without a schedule"),
        c.money("remaining", "Remaining"),
    ]
    names = [each.name for each in waterfall.columns]
    places = [names.index(each.name) for each in figures]
    contract, currency = names.index("contract"), names.index("currency")
    booked = _booked(frame)
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(places))
    members: defaultdict[tuple[str, str], set[object]] = defaultdict(set)
    for row in waterfall.rows:
        cohort = booked.get(str(row[contract]), ""), str(row[currency])
        _add(sums[cohort], row, places)
        members[cohort].add(row[contract])
    rows: list[Row] = [
        (*cohort, len(members[cohort]), *sums[cohort], c.key_of(*cohort)) for cohort in sorted(sums)
    ]
    return DataSet(
        name="revenue_cohorts",
        title="Revenue by month booked",
        columns=[
            c.text("booked", "Month booked"), c.CURRENCY,
            c.count("contracts", "Contracts", total=True), *figures, c.ROW_KEY,
        ],
        rows=rows,
        note="Booked is the month in which a contract was approved (606-10-25-1). Columns are "
        "those of the revenue waterfall.",
    )  # fmt: skip


@cites("606-10-50-13", "606-10-50-5")
def revenue_over_time(frame: Frame, waterfall: DataSet) -> DataSet:
    """Revenue by product and month, told apart as actual and scheduled, with quarter and year."""
    span = frame.span
    months = [
        *((each, "actual", c.month_name("actual", each)) for each in span.periods),
        *((each, "scheduled", c.month_name("scheduled", each)) for each in span.scheduled),
    ]
    names = [each.name for each in waterfall.columns]
    places = [names.index(name) for _, _, name in months]
    product, currency = names.index("product"), names.index("currency")
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(places))
    for row in waterfall.rows:
        _add(sums[str(row[product]), str(row[currency])], row, places)
    rows: list[Row] = [
        (name, code, str(month), f"{month.fiscal_year} Q{month.quarter}", str(month.fiscal_year),
         status, amount, c.key_of(name, code, str(month)))
        for (name, code), amounts in sorted(sums.items())
        for (month, status, _), amount in zip(months, amounts, strict=True)
        if amount
    ]  # fmt: skip
    return DataSet(
        name="revenue_over_time",
        title="Revenue over time",
        columns=[
            c.PRODUCT, c.CURRENCY, c.PERIOD, c.text("quarter", "Fiscal quarter"),
            c.text("year", "Fiscal year"), c.text("status", "Actual or scheduled"),
            c.money("amount", "Revenue"), c.ROW_KEY,
        ],
        rows=rows,
        note="Actual: posted. Scheduled: what passes with time after the report, as the revenue "
        "waterfall schedules it. For pivot tables by month, quarter and year.",
    )  # fmt: skip


def _add(into: list[int], row: Sequence[Any], places: Sequence[int]) -> None:
    for number, place in enumerate(places):
        into[number] += row[place]


def _booked(frame: Frame) -> dict[str, str]:
    """Contract -> the period of its inception."""
    calendar = frame.span.period.calendar
    found = frame.rows("select contract, inception from contract")
    return {str(name): str(calendar.of(on)) for name, on in found}  # type: ignore[arg-type] # a date
