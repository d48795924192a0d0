"""Measures of the public format, as the oracle sees them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.oracle import Key, Oracle, Position
from tests.oracle.promises import as_day
from tests.oracle.service_time import ONE_DAY


def measured(oracle: Oracle, expectation: Mapping[str, Any]) -> Fraction:
    """The amount an expectation asks for, in the currency."""
    names = [expectation["contract"]] if "contract" in expectation else list(oracle.contracts)
    return sum((_of_contract(oracle, name, expectation) for name in names), Fraction(0))


def _of_contract(oracle: Oracle, name: str, expectation: Mapping[str, Any]) -> Fraction:
    unit = oracle.contracts[name].facts.unit
    if "as_of" in expectation:
        return Fraction(
            _value(oracle.position(name, as_day(expectation["as_of"])), expectation), unit
        )
    first, last = _days(expectation["period"])
    before = _value(oracle.position(name, first - ONE_DAY), expectation)
    return Fraction(_value(oracle.position(name, last), expectation) - before, unit)


def _days(period: object) -> tuple[date, date]:
    if isinstance(period, Mapping):
        return as_day(period["from"]), as_day(period["to"])
    year, month = (int(part) for part in str(period).split("-"))
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _value(position: Position, expectation: Mapping[str, Any]) -> int:
    def narrowed(amounts: Mapping[Key, int]) -> int:
        return sum(
            amount
            for (obligation, component), amount in amounts.items()
            if expectation.get("obligation") in (None, obligation)
            and expectation.get("component") in (None, component)
        )

    measure = expectation["measure"]
    if measure in {"revenue", "cumulative_revenue"}:
        return narrowed(position.revenue)
    if measure == "breakage_revenue":
        return narrowed(position.breakage)
    if measure in {"allocated_price", "transaction_price"}:
        return narrowed(position.allocated)
    if measure == "rpo":
        unrecognised = {
            key: amount - position.revenue[key] for key, amount in position.allocated.items()
        }
        return narrowed(unrecognised)
    attribute = {"tax_liability": "tax", "cash_movement": "paid"}.get(measure, measure)
    return int(getattr(position, attribute))
