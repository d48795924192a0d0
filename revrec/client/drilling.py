"""Looking into usage: totals, rows, statements, days, rules, what others counted, releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told
from revrec.client.usage import BatchReceived, Total


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDay:
    """A usage day over all batches."""

    received: Total
    accepted: Total
    duplicate: Total
    quarantined: Total
    day: date | None
    """Null for rows whose date cannot be read."""
    waiting: int
    """Rows set aside that are neither released nor rejected yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFlag:
    """A day of a contract's meter to look at."""

    contract: str
    meter: str
    day: date
    flag: str
    """spike, unit-mix-up, impossible-rate or silence."""
    quantity: Decimal
    usual: Decimal
    """The median of the days with usage in its history; of an impossible rate, the most a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRule:
    """A rule that a row of usage must keep."""

    code: str
    """Stable; the reason of rows that are set aside for it."""
    version: int
    """How many forms it has had."""
    since: date
    """Since when it judges as it does ..."""
    rules: str
    """... and in which set of rules first."""
    holds: str
    """What must hold."""
    remedy: str
    """What to do about a row that breaks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRules:
    """The rules in force."""

    rules: str
    """Version of the set; every batch names the one that judged it."""
    listed: list[UsageRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """A total of usage, of one unit and one currency."""

    by: dict[str, str | None]
    """Its place in each grain; null where usage has no such label."""
    unit: str
    currency: str
    rows: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Totals as of a version of the usage ledger."""

    version: int | None
    """Null while the ledger is empty."""
    totals: list[UsageTotal]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """A row of the usage ledger."""

    usage_date: date
    source: str
    usage_id: str
    contract: str
    meter: str
    quantity: Decimal
    unit: str
    amount: Decimal
    currency: str
    dimensions: str
    """Labels as JSON."""
    corrects: str | None
    """The usage id it corrects."""
    batch: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A sum of usage; each level is the sum of the next."""

    level: str
    meter: str | None
    project: str | None
    """Null above projects, for use without the label, and for the others together."""
    others: int
    """Projects summed that have no line of their own; 0 for any other line."""
    day: date | None
    unit: str
    currency: str
    rows: int
    quantity: Decimal
    amount: Decimal
    drill: str
    """The command that shows what the line sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStatement:
    """A customer's use from the whole to the day."""

    version: int | None
    """Null while the ledger is empty."""
    lines: list[StatementLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRolledUp:
    """What a roll-up did; nulls if nothing was appended since the last one."""

    through_version: int | None
    """The version of the usage ledger it goes through."""
    rows: int | None
    """Rows that were summed."""
    cells: int | None
    """Sums they gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountDrifted:
    """A customer's meter on a day that the ledger and another system counted otherwise."""

    source: str
    customer: str
    meter: str
    day: date
    drift: str
    """missing-in-ledger, missing-in-source or differs."""
    ledger: Decimal
    counted: Decimal
    """What the source counted."""
    difference: Decimal
    """Ledger less source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsCompared:
    """The ledger and what other systems counted, over a span of days."""

    first: date
    last: date
    compared: int
    """Customers' meters and days, per source, that were held against each other."""
    drifted: list[CountDrifted]
    """Those beyond the share the policy elects (drift_of_usage_counts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """A release that one person asked for and another approves."""

    request: int
    rows: list[int]
    amounts: dict[str, str]
    """Absolute amounts of the rows by currency."""
    note: str
    requested_at: datetime
    requested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCompacted:
    """A table of the lake whose small files were joined."""

    table: str
    version: int
    """The version that holds the joined files."""
    files_before: int
    files_after: int
    rows: int
    """Rows written anew, proven to be the rows that were there."""
    totals: dict[str, str]
    """Their sums, the same before and after."""


class DrillingOperations:
    """What was used, and how it was taken in. ``first`` and ``last`` are usage days."""

    @Operation
    def total_usage(
        self,
        by: Sequence[str],
        *,
        first: date | None = None,
        last: date | None = None,
        customer: str | None = None,
        contract: str | None = None,
        meter: str | None = None,
        source: str | None = None,
        label: Mapping[str, str] | None = None,
        version: int | None = None,
        known_at: datetime | None = None,
    ) -> Call[UsageTotals]:
        """Sums by customer, contract, meter, source, day, month or ``label:NAME``."""
        return get(
            at("usage", "totals"),
            UsageTotals,
            by=list(by),
            from_=first,
            to=last,
            customer=customer,
            contract=contract,
            meter=meter,
            source=source,
            label=[f"{name}={value}" for name, value in (label or {}).items()],
            version=version,
            known_at=known_at,
        )

    @Paged
    def list_usage(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        customer: str | None = None,
        contract: str | None = None,
        meter: str | None = None,
        source: str | None = None,
        label: Mapping[str, str] | None = None,
        version: int | None = None,
        known_at: datetime | None = None,
    ) -> Listing[UsageRow]:
        """Rows of the usage ledger."""
        return listed(
            at("usage", "rows"),
            UsageRow,
            from_=first,
            to=last,
            customer=customer,
            contract=contract,
            meter=meter,
            source=source,
            label=[f"{name}={value}" for name, value in (label or {}).items()],
            version=version,
            known_at=known_at,
        )

    @Operation
    def get_usage_statement(
        self,
        customer: str,
        first: date,
        last: date,
        *,
        label: str | None = None,
        most: int | None = None,
        version: int | None = None,
        known_at: datetime | None = None,
    ) -> Call[UsageStatement]:
        """A customer's use from totals to meters, projects (a label) and days."""
        return get(
            at("usage", "statement"),
            UsageStatement,
            customer=customer,
            from_=first,
            to=last,
            label=label,
            most=most,
            version=version,
            known_at=known_at,
        )

    @Paged
    def list_usage_days(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        known_at: datetime | None = None,
    ) -> Listing[UsageDay]:
        """Control totals of each usage day over all batches."""
        return listed(at("usage", "days"), UsageDay, from_=first, to=last, known_at=known_at)

    @Operation
    def list_rules(self) -> Call[UsageRules]:
        """The rules by which rows are judged."""
        return get(at("usage", "rules"), UsageRules)

    @Paged
    def list_flags(
        self,
        *,
        as_of: date | None = None,
        contract: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[UsageFlag]:
        """Days of use that are unlike those before."""
        return listed(
            at("usage", "flags"), UsageFlag, as_of=as_of, contract=contract, known_at=known_at
        )

    @Operation
    def compare_counts(
        self,
        first: date,
        last: date,
        *,
        source: str | None = None,
        known_at: datetime | None = None,
    ) -> Call[CountsCompared]:
        """The ledger beside what other systems counted."""
        return get(
            at("usage", "comparison"),
            CountsCompared,
            from_=first,
            to=last,
            source=source,
            known_at=known_at,
        )

    @Operation
    def roll_up_usage(self) -> Call[UsageRolledUp]:
        """Sum what was appended since the last roll-up; totals are read faster."""
        return post(at("usage", "rollups"), UsageRolledUp, {})

    @Operation
    def compact_lake(self, tables: Sequence[str] | None = None) -> Call[list[TableCompacted]]:
        """Join small files of the lake's tables, of all if none is named."""
        body = told(tables=None if tables is None else list(tables))
        return post(at("lake", "compactions"), list[TableCompacted], body)

    @Paged
    def list_release_requests(self, *, known_at: datetime | None = None) -> Listing[ReleaseRequest]:
        """Releases of usage rows that wait for a second person."""
        return listed(at("usage", "quarantine", "requests"), ReleaseRequest, known_at=known_at)

    @Operation
    def request_release(
        self,
        rows: Sequence[int],
        *,
        note: str,
        corrections: Mapping[int, Mapping[str, str]] | None = None,
    ) -> Call[ReleaseRequest]:
        """Ask for a release that is beyond one person; another approves it."""
        changed = {str(row): dict(columns) for row, columns in (corrections or {}).items()}
        body = {"rows": list(rows), "note": note, "corrections": changed}
        return post(at("usage", "quarantine", "requests"), ReleaseRequest, body)

    @Operation
    def approve_release(self, request: int) -> Call[BatchReceived]:
        """Release what another person asked for; the rows are judged again."""
        path = at("usage", "quarantine", "requests", str(request), "approval")
        return post(path, BatchReceived, {})
