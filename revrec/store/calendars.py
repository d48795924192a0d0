"""The calendar by which an entity closes its books."""

from __future__ import annotations

from revrec.errors import PeriodNotReady
from revrec.feeds.adapters import adapter_of
from revrec.model.fact import FactKind
from revrec.model.fiscal_calendar import FiscalCalendar
from revrec.periods import MONTHS, Calendar, Period
from revrec.store.transaction import Transaction


def calendar(tx: Transaction) -> Calendar:
    """As the entity's ``fiscal_calendar`` tells it; calendar months and years until it does."""
    row = tx.connection.execute(
        "select body from facts.fact where entity_id = %s and kind = %s and key = kind"
        " order by version desc limit 1",
        [tx.entity, FactKind.FISCAL_CALENDAR.value],
    ).fetchone()
    return MONTHS if row is None else adapter_of(FiscalCalendar).validate_python(row[0]).calendar


def require_own(tx: Transaction, period: Period) -> None:
    """Raise PeriodNotReady for a period that is none of the entity's calendar."""
    own = calendar(tx)
    if not own.same_periods(period.calendar):
        raise PeriodNotReady(
            f"{period} is no period of the entity: its calendar is {own.pattern}.",
            remedy=f"{period.last} is in {own.of(period.last)}.",
            period=str(period),
        )
