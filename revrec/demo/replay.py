"""The demonstration: files arrive and periods are closed in the order and at the times told.

Everything goes through the doors a customer uses. Time is the manifest's, not the machine's, so
every run anywhere gives the same books; a second run finds everything done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from revrec.demo.manifest import Close, DeliveredFile, DemoManifest
from revrec.errors import InvariantViolated
from revrec.feeds.loading import load
from revrec.operations.checking import run_checks
from revrec.operations.close import Closed, close_period
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace
from revrec.runtime.clock import FixedClock
from revrec.store import entities
from revrec.store.transaction import Transaction
from revrec.usage.ingest import ingest

PREPARER = "staff.accountant"
APPROVER = "controller"
FEED = "nightly.feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens at a time: a file arrives or a month is closed."""

    at: datetime
    told: str
    run: Callable[[Workspace], str]


def steps(manifest: DemoManifest, folder: Path) -> Sequence[Step]:
    """The manifest's deliveries and closes in order of time."""
    arrivals = (_arrival(file, folder) for file in manifest.files)
    closes = (_close(close) for close in manifest.closes)
    return sorted(chain(arrivals, closes), key=lambda step: step.at)


def register_entity(workspace: Workspace, manifest: DemoManifest) -> None:
    """Name the reporting entity of the demonstration."""

    def register(tx: Transaction) -> None:
        entities.register(tx, manifest.entity, manifest.functional_currency)

    workspace.run(register)


def replay(
    workspace: Workspace,
    clock: FixedClock,
    todo: Sequence[Step],
    tell: Callable[[Step, str], None],
) -> None:
    """Do every step at its time; what was done before changes nothing."""
    for step in todo:
        clock.advance(step.at - clock.now())
        tell(step, step.run(workspace))


def _arrival(file: DeliveredFile, folder: Path) -> Step:
    path = folder / file.path
    run = _record if file.kind == "facts" else _ingest
    return Step(at=file.arrives, told=file.path, run=lambda workspace: run(workspace, path, file))


def _record(workspace: Workspace, path: Path, file: DeliveredFile) -> str:
    loaded = load(path)
    if loaded.rejections:
        raise InvariantViolated(f"{file.path}: {loaded.rejections[0].message}")
    recorded = record_facts(workspace.acting_as(FEED), loaded.facts, source=file.path)
    return f"{recorded.new:,} new facts, {recorded.unchanged:,} known"


def _ingest(workspace: Workspace, path: Path, _: DeliveredFile) -> str:
    totals = ingest(
        workspace.database,
        workspace.lake,
        path,
        source_name=path.name,
        entity=workspace.entity,
        actor=FEED,
    )
    return (
        f"{totals.received.rows:,} usage rows: {totals.accepted.rows:,} accepted, "
        f"{totals.duplicate.rows:,} duplicate, {totals.quarantined.rows:,} quarantined"
    )


def _close(close: Close) -> Step:
    def run(workspace: Workspace) -> str:
        closed: Closed = close_period(
            workspace.acting_as(PREPARER),
            workspace.calendar().parse(close.period),
            prepared_by=PREPARER,
            approved_by=APPROVER,
        )
        head = f"chain head {closed.certificate.chain_head[:16]}"
        if not closed.new:
            return f"was closed already, {head}"
        standing = run_checks(workspace.acting_as(PREPARER)).updated.standing
        return f"closed, {head}; {standing:,} findings stand"

    return Step(at=close.at, told=f"close of {close.period}", run=run)
