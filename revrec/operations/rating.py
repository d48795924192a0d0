"""Rating of counted usage, and a look at what is unlikely in usage."""

from __future__ import annotations

from datetime import date, datetime

from revrec.operations.workspace import Workspace
from revrec.periods import day_before
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.elections import elected
from revrec.usage.flags import Flagged, Thresholds, flagged
from revrec.usage.rerating import RatingRun, rate_usage


def rate_counted(
    workspace: Workspace,
    *,
    through: date | None = None,
    dry_run: bool = False,
    everything: bool = False,
) -> RatingRun:
    """Bring the usage ledger to what counted usage costs at the prices known now.

    Windows that ended by ``through``, yesterday if left out, owe what they owe beside usage. The
    rows, their control totals and the audit event appear together or not at all; a second run
    appends nothing. What changed since the last rating is rated anew, or everything if asked.

    Raises FeedError or CurrencyMismatch for prices that do not fit together.
    """

    def run(tx: Transaction) -> RatingRun:
        day = through or day_before(tx.now.date())
        return rate_usage(tx, workspace.lake, through=day, dry_run=dry_run, everything=everything)

    return workspace.run(run)


def unlikely_usage(
    workspace: Workspace, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[Flagged]:
    """Unlikely days of the usage ledger up to ``as_of``, yesterday if left out.

    Of what was recorded by a moment, if one is told.
    """

    def run(tx: Transaction) -> list[Flagged]:
        day = as_of or day_before(tx.now.date())
        held = rollup.cells(tx, workspace.lake)
        daily = rollup.daily(held, through=day, known_at=known_at, entity=tx.entity)
        thresholds = Thresholds.of(lambda name: elected(tx, name, known_at))
        return flagged(daily, as_of=day, thresholds=thresholds)

    return workspace.run(run, read_only=True)
