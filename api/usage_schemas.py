"""What goes over the wire of usage. Quantities are decimal strings, never numbers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, TypeAdapter

from api.schemas import Count, Wire
from revrec.store.compaction import Compacted
from revrec.usage import comparison, counts, totals
from revrec.usage.rerating import RatingRun

Quantity = Field(examples=["1250000.000000000"], pattern=r"^-?[0-9]+(\.[0-9]+)?$")


class Total(Wire):
    """Rows with hash totals of their quantities and amounts, over all units and currencies."""

    rows: Count
    quantity: str = Field(examples=["1250000.000000000"])
    amount: str = Field(examples=["12.340000000000"])

    @classmethod
    def of(cls, total: totals.Total) -> Total:
        """The wire form of a total."""
        return cls(rows=total.rows, quantity=f"{total.quantity:f}", amount=f"{total.amount:f}")


class BatchReceived(Wire):
    """Control totals of a usage batch: received = accepted + duplicate + quarantined."""

    batch: str = Field(examples=["usage-2026-01"])
    """The request's idempotency key."""
    received: Total
    """Rows of the file."""
    accepted: Total
    """Rows that count."""
    duplicate: Total
    """Rows the books, or the file itself, already held word for word."""
    quarantined: Total
    """Rows set aside, each with its reason."""

    @classmethod
    def of(cls, told: totals.ControlTotals) -> BatchReceived:
        """The wire form of control totals."""
        return cls(
            batch=told.batch, **{name: Total.of(getattr(told, name)) for name in totals.FATES}
        )


class UsageForm(StrEnum):
    """Forms in which usage is told."""

    RATED = "rated"
    COUNTED = "counted"
    EVENTS = "events"


class RatingRequested(Wire):
    """What is to be rated."""

    through: date | None = Field(default=None, examples=["2026-01-31"])
    """Windows that ended by this day owe fees and minimums; yesterday if left out."""
    everything: bool = False
    """Whether also what did not change since the last rating is rated anew."""


class UsageUnpriced(Wire):
    """Counted usage of a contract's meter that no price holds for."""

    contract: str
    meter: str
    labels: str
    first_day: date
    last_day: date
    quantity: str = Quantity


class UsageRated(Wire):
    """What a rating found and appended: counted = rated + unpriced, in quantity."""

    through: date
    counted: str = Quantity
    rated: str = Quantity
    unpriced: list[UsageUnpriced]
    new: Count
    """Lines the ledger did not hold."""
    corrected: Count
    """Lines it held with another quantity or amount."""
    reasons: dict[str, int]
    """Corrections by what moved them."""
    amounts: dict[str, str]
    """Rated amount to date by currency."""
    differences: dict[str, str]
    """What this rating changed of it."""
    batch: str | None
    """The batch of the ledger; none if nothing was to be appended."""

    @classmethod
    def of(cls, run: RatingRun) -> UsageRated:
        """The wire form of a run."""
        return cls(
            through=run.through,
            counted=f"{run.counted:f}",
            rated=f"{run.rated:f}",
            unpriced=[
                UsageUnpriced(
                    contract=each.contract,
                    meter=each.meter,
                    labels=each.labels,
                    first_day=each.first_day,
                    last_day=each.last_day,
                    quantity=f"{each.quantity:f}",
                )
                for each in run.unpriced
            ],
            new=run.new,
            corrected=run.corrected,
            reasons=dict(run.reasons),
            amounts={currency: f"{amount:f}" for currency, amount in run.amounts.items()},
            differences={currency: f"{amount:f}" for currency, amount in run.differences.items()},
            batch=run.recorded.batch if run.recorded else None,
        )


class CompactionRequested(Wire):
    """Which tables of the lake to compact."""

    tables: list[str] = Field(default=[], max_length=20, examples=[["usage"]])
    """All if none is named."""


class TableCompacted(Wire):
    """A table of the lake whose small files were joined."""

    table: str = Field(examples=["usage"])
    version: Count
    """The version that holds the joined files."""
    files_before: Count
    files_after: Count
    rows: Count
    """Rows written anew, proven to be the rows that were there."""
    totals: dict[str, str] = Field(examples=[{"quantity": "1250000.000000000"}])
    """Their sums, the same before and after."""

    @classmethod
    def of(cls, done: Compacted) -> TableCompacted:
        """The wire form of a compaction."""
        return cls.model_validate(done, from_attributes=True)


COMPACTIONS = TypeAdapter(list[TableCompacted])


class CountRefused(Wire):
    """A row of counts that could not be read; it stops no other."""

    row: Count
    """Its place among the data rows of the file, from 1."""
    message: str


class CountsRecorded(Wire):
    """What became of a file of counts: received = new + corrected + unchanged + refused."""

    source: str = Field(examples=["gateway"])
    batch: str = Field(examples=["gateway-2026-01-31"])
    """The request's idempotency key."""
    received: Count
    new: Count
    corrected: Count
    """Totals told before with another quantity."""
    unchanged: Count
    refused: list[CountRefused]

    @classmethod
    def of(cls, told: counts.CountsRecorded) -> CountsRecorded:
        """The wire form of what became of counts."""
        return cls(
            source=told.source,
            batch=told.batch,
            received=told.received,
            new=told.new,
            corrected=told.corrected,
            unchanged=told.unchanged,
            refused=[CountRefused(row=each.row, message=each.message) for each in told.refused],
        )


class CountDrifted(Wire):
    """A customer's meter on a day that the ledger and another system counted otherwise."""

    source: str = Field(examples=["gateway"])
    customer: str
    meter: str
    day: date
    drift: str = Field(examples=["differs"])
    """missing-in-ledger, missing-in-source or differs."""
    ledger: str = Quantity
    counted: str = Quantity
    """What the source counted."""
    difference: str = Quantity
    """Ledger less source."""

    @classmethod
    def of(cls, drifted: comparison.Drifted) -> CountDrifted:
        """The wire form of a drift."""
        return cls(
            source=drifted.source,
            customer=drifted.customer,
            meter=drifted.meter,
            day=drifted.day,
            drift=drifted.drift.value,
            ledger=f"{drifted.ledger:f}",
            counted=f"{drifted.counted:f}",
            difference=f"{drifted.difference:f}",
        )


class CountsCompared(Wire):
    """The ledger and what other systems counted, over a span of days."""

    first: date
    last: date
    compared: Count
    """Customers' meters and days, per source, that were held against each other."""
    drifted: list[CountDrifted]
    """Those beyond the share the policy elects (`drift_of_usage_counts`)."""

    @classmethod
    def of(cls, found: comparison.Comparison) -> CountsCompared:
        """The wire form of a comparison."""
        return cls(
            first=found.first,
            last=found.last,
            compared=found.compared,
            drifted=[CountDrifted.of(each) for each in found.drifted],
        )
