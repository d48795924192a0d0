"""Unbilled use with what an auditor recomputes it from: days of service and rate (606-10-45-3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet
from revrec.money import from_minor
from revrec.periods import Calendar

_DIGITS = 12
_PRECISION = 60


@cites("606-10-45-3", "606-10-45-4")
def with_rates(unbilled: DataSet, calendar: Calendar) -> DataSet:
    """The table with the days of service, and the average rate of a unit, cut to 12 decimals.

    Quantities with several rates or tiers have one average; none where no quantity is told.
    """
    names = [each.name for each in unbilled.columns]
    month, quantity = names.index("service_month"), names.index("quantity")
    amount, currency = names.index("amount"), names.index("currency")
    columns = [
        *unbilled.columns[: month + 1], c.day("service_from", "Service from"),
        c.day("service_to", "Service to"), *unbilled.columns[month + 1 : amount],
        c.price("rate", "Average rate"), *unbilled.columns[amount:],
    ]  # fmt: skip
    rows = []
    for row in unbilled.rows:
        period = calendar.parse(str(row[month]))
        rate = _rate(row[quantity], int(str(row[amount])), str(row[currency]))
        rows.append((*row[: month + 1], period.first, period.last, *row[month + 1 : amount], rate,
                     *row[amount:]))  # fmt: skip
    return replace(unbilled, columns=columns, rows=rows)


def _rate(quantity: object, amount: int, currency: str) -> Decimal | None:
    if not isinstance(quantity, Decimal) or not quantity:
        return None
    with localcontext() as context:
        context.prec = _PRECISION
        scaled = from_minor(amount, currency).scaleb(_DIGITS) // quantity
        return scaled.scaleb(-_DIGITS).normalize()
