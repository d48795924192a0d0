"""Control totals: what a batch brought, and what became of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, Inexact

from revrec.errors import InvariantViolated

EXACT = Context(prec=60, traps=[Inexact])
"""Python's own context keeps 28 digits and rounds in silence; these sums have up to 38."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Rows with the sums of their quantities and amounts.

    The sums mix units and currencies: they are hash totals, which prove that nothing was lost and
    mean nothing else. A row whose quantity or amount cannot be read counts as 0 in that sum.
    """

    rows: int = 0
    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    def __add__(self, other: Total) -> Total:
        return Total(
            rows=self.rows + other.rows,
            quantity=EXACT.add(self.quantity, other.quantity),
            amount=EXACT.add(self.amount, other.amount),
        )


FATES = ("received", "accepted", "duplicate", "quarantined")
"""What control totals are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """Rows by what became of them."""

    accepted: Total = Total()
    duplicate: Total = Total()
    quarantined: Total = Total()

    @property
    def received(self) -> Total:
        """All of them."""
        return self.accepted + self.duplicate + self.quarantined

    def __add__(self, other: Fates) -> Fates:
        return Fates(
            accepted=self.accepted + other.accepted,
            duplicate=self.duplicate + other.duplicate,
            quarantined=self.quarantined + other.quarantined,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotals:
    """The account of one batch: received = accepted + duplicate + quarantined.

    It holds in rows, in quantity and in amount; a batch for which it does not hold is never
    recorded.
    """

    batch: str
    """The batch's id: the SHA-256 of the file unless the sender gave one."""
    name: str
    """The name the file came under."""
    recorded_at: datetime
    recorded_by: str
    received: Total
    accepted: Total
    """Rows that entered the usage ledger."""
    duplicate: Total
    """Rows the ledger, or the batch itself, already held word for word."""
    quarantined: Total
    """Rows set aside, each with its reason."""
    lake_version: int | None = None
    """Version of the usage table that holds the accepted rows; none if there are none."""
    days: Mapping[date, Total] = field(default_factory=dict)
    """Accepted rows by usage date."""
    fates: Mapping[date | None, Fates] = field(default_factory=dict)
    """All rows by usage date; none is for rows whose date cannot be read. Batches recorded before
    this was kept have none."""
    rules: str | None = None
    """Version of the rules that judged it; none for batches recorded before this was kept."""

    def __post_init__(self) -> None:
        counted = self.accepted + self.duplicate + self.quarantined
        if counted != self.received:
            raise InvariantViolated(
                f"Batch {self.batch} received {self.received} but accounts for {counted}.",
                batch=self.batch,
            )
        by_day = sum(self.days.values(), Total())
        if by_day != self.accepted:
            raise InvariantViolated(
                f"Batch {self.batch} accepted {self.accepted} but its days sum to {by_day}.",
                batch=self.batch,
            )
        every = sum(self.fates.values(), Fates())
        told = Fates(accepted=self.accepted, duplicate=self.duplicate, quarantined=self.quarantined)
        if self.fates and every != told:
            raise InvariantViolated(
                f"Batch {self.batch} accounts for {told} but its days sum to {every}.",
                batch=self.batch,
            )
