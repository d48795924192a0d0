"""Looking into the usage ledger, and keeping its roll-up."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.operations.workspace import Workspace
from revrec.usage import drilling, rollup
from revrec.usage.drilling import Rows, Span, Totals
from revrec.usage.rollup import RolledUp


def roll_up_usage(workspace: Workspace) -> RolledUp | None:
    """Sum what was appended to the usage ledger since the last roll-up; None if nothing was."""
    return workspace.run(lambda tx: rollup.roll_up(tx, workspace.lake))


def usage_totals(
    workspace: Workspace, by: Sequence[str], span: Span, *, rolled: bool = True
) -> Totals:
    """Totals of the usage ledger by the grains named; of its rows unless ``rolled``."""
    return workspace.run(
        lambda tx: drilling.totals(tx, workspace.lake, by, span, rolled=rolled), read_only=True
    )


def usage_rows(workspace: Workspace, span: Span, *, limit: int = 100, after: int = 0) -> Rows:
    """Rows of the usage ledger that totals of the span sum."""
    return workspace.run(
        lambda tx: drilling.rows(tx, workspace.lake, span, limit=limit, after=after),
        read_only=True,
    )
