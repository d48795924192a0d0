"""Whose report it is, of which period, on which inputs, prepared and approved by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from revrec.errors import ReportError, SelfApproval


class Status(StrEnum):
    """Whether the figures may still change."""

    DRAFT = "Draft"
    CLOSED = "Closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The identification that every sheet and file of a report carries.

    The versions of facts and usage are what the figures were computed from: a replay on the same
    versions with the same engine gives the same file. A closed report names its approver, the
    time of the close and the head of the journal's chain; one that does not is refused with
    ``ReportError``, one approved by its preparer with ``SelfApproval``.
    """

    entity: str
    report: str
    """Name of the report, such as ``Schedules``; also part of the file name."""
    period: str
    """``2026-01``, or the first and last month of a longer report: ``2026-01..2026-03``."""
    as_of: datetime
    """When the figures were known; also the workbook's time of creation."""
    functional_currency: str
    run_id: str
    engine_version: str
    facts_version: int
    """Facts 1 to this sequence number were read."""
    usage_version: int | None = None
    """Version of the usage ledger that was read; none if there is none."""
    prepared_by: str
    approved_by: str | None = None
    closed_at: datetime | None = None
    status: Status = Status.DRAFT
    chain_head: str = ""
    """Digest of the last journal entry in the chain; empty before the first posting."""
    version: int = 1
    """Of the period's report: 1 for the first close, 2 after a reopening."""
    book: str = "US GAAP (ASC 606)"
    journal_book: str = ""
    """The name of the book in the journal's chain, where a second one is reported."""
    days: str = ""
    """First and last day, where the names of the periods do not tell them."""
    waived: tuple[str, ...] = ()
    """Gates that the close passed on two people's word, each with the people and the reason."""

    def __post_init__(self) -> None:
        for name, moment in (("as_of", self.as_of), ("closed_at", self.closed_at)):
            if moment is not None and moment.tzinfo is None:
                raise ReportError(
                    f"{name} {moment.isoformat()} has no time zone.",
                    remedy="Give the time in UTC.",
                )
        if self.approved_by is not None and self.approved_by == self.prepared_by:
            raise SelfApproval(
                f"The {self.report} report of {self.period} is prepared and approved by "
                f"{self.prepared_by}.",
                remedy="Have another person approve it.",
            )
        if self.status is Status.CLOSED and not (
            self.approved_by and self.closed_at and self.chain_head
        ):
            raise ReportError(
                f"The {self.report} report of {self.period} says Closed, with approver "
                f"{self.approved_by!r}, close at {self.closed_at} and chain head "
                f"{self.chain_head!r}.",
                remedy="Give all three, or mark it as a draft.",
            )

    @property
    def months(self) -> str:
        """The period in words: ``2026-01`` or ``2026-01 to 2026-03``; with its days if told."""
        return self.period.replace("..", " to ") + (f" ({self.days})" if self.days else "")

    @property
    def inputs(self) -> str:
        """What the figures were computed from, in words."""
        usage = "no usage" if self.usage_version is None else f"usage version {self.usage_version}"
        return f"facts 1 to {self.facts_version}, {usage}"

    @property
    def signatures(self) -> str:
        """Who prepared, approved and closed, and which gates were waived, in words."""
        approved = f"approved by {self.approved_by}" if self.approved_by else "not yet approved"
        closed = f", closed {timestamp(self.closed_at)}" if self.closed_at else ""
        waived = "".join(f"; {each}" for each in self.waived)
        return f"Prepared by {self.prepared_by}, {approved}{closed}{waived}"


def naive_utc(moment: datetime) -> datetime:
    """The moment in UTC without a zone, as Excel keeps times; to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)


def timestamp(moment: datetime) -> str:
    """The moment for readers: ``2026-02-03 14:05 UTC``."""
    return f"{naive_utc(moment):%Y-%m-%d %H:%M} UTC"
