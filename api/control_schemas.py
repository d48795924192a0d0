"""What goes over the wire of control totals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from pydantic import Field

from api.schemas import Count, Wire
from api.usage_schemas import Quantity, Total
from revrec.usage import control, totals
from revrec.usage.flags import Flagged
from revrec.usage.rules import Rule
from revrec.usage.totals import ControlTotals, Fates


class FatesTold(Wire):
    """Rows by what became of them: received = accepted + duplicate + quarantined."""

    received: Total
    accepted: Total
    duplicate: Total
    quarantined: Total


class BatchTold(FatesTold):
    """A batch of usage with its control totals."""

    batch: str = Field(examples=["usage-2026-01"])
    name: str
    recorded_at: datetime
    recorded_by: str
    rules: str | None = Field(examples=["usage-2"])
    """Version of the rules that judged it; null if it is older than this record."""
    lake_version: int | None
    """Version of the usage ledger, or of counted usage, that holds its accepted rows."""

    @classmethod
    def of(cls, told: control.BatchListed) -> BatchTold:
        """The wire form of a batch."""
        return cls(
            batch=told.batch,
            name=told.name,
            recorded_at=told.recorded_at,
            recorded_by=told.recorded_by,
            rules=told.rules,
            lake_version=told.lake_version,
            **_fates(told.fates),
        )


class BatchDay(FatesTold):
    """A usage day."""

    day: date | None
    """Null for rows whose date cannot be read."""


class BatchByDay(BatchTold):
    """A batch of usage with its control totals, in all and by usage day."""

    days: list[BatchDay]

    @classmethod
    def by_day(cls, told: ControlTotals) -> Self:
        """The wire form of control totals."""
        every = Fates(
            accepted=told.accepted, duplicate=told.duplicate, quarantined=told.quarantined
        )
        return cls(
            batch=told.batch,
            name=told.name,
            recorded_at=told.recorded_at,
            recorded_by=told.recorded_by,
            rules=told.rules,
            lake_version=told.lake_version,
            **_fates(every),
            days=[BatchDay(day=day, **_fates(fates)) for day, fates in told.fates.items()],
        )


class DayTold(BatchDay):
    """A usage day over all batches."""

    waiting: Count
    """Rows set aside that are neither released nor rejected yet."""

    @classmethod
    def of(cls, told: control.DayTotals) -> DayTold:
        """The wire form of a day."""
        return cls(day=told.day, waiting=told.waiting, **_fates(told.fates))


class RuleOfUsage(Wire):
    """A rule that a row of usage must keep."""

    code: str = Field(examples=["unknown-contract"])
    """Stable; the reason of rows that are set aside for it."""
    version: Count
    """How many forms it has had."""
    since: date
    """Since when it judges as it does ..."""
    rules: str = Field(examples=["usage-1"])
    """... and in which set of rules first."""
    holds: str
    """What must hold."""
    remedy: str
    """What to do about a row that breaks it."""

    @classmethod
    def of(cls, rule: Rule) -> RuleOfUsage:
        """The wire form of a rule."""
        return cls(
            code=rule.reason,
            version=rule.version,
            since=rule.since_day,
            rules=rule.since,
            holds=rule.holds,
            remedy=rule.remedy,
        )


class RulesListed(Wire):
    """The rules in force."""

    rules: str = Field(examples=["usage-2"])
    """Version of the set; every batch names the one that judged it."""
    listed: list[RuleOfUsage]


class UnlikelyUsage(Wire):
    """A day of a contract's meter to look at."""

    contract: str
    meter: str
    day: date
    flag: str = Field(examples=["spike"])
    """spike, unit-mix-up, impossible-rate or silence."""
    quantity: str = Quantity
    usual: str = Quantity
    """The median of the days with usage in its history; of an impossible rate, the most a day."""

    @classmethod
    def of(cls, flagged: Flagged) -> UnlikelyUsage:
        """The wire form of a flag."""
        return cls(
            contract=flagged.contract,
            meter=flagged.meter,
            day=flagged.day,
            flag=flagged.flag.value,
            quantity=f"{flagged.quantity:f}",
            usual=f"{flagged.usual:f}",
        )


def _fates(fates: Fates) -> dict[str, Total]:
    return {name: Total.of(getattr(fates, name)) for name in totals.FATES}
