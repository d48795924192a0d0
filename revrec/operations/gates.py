"""Gates of a close: what has to be done before a period is closed, each a named check.

A gate looks at what the stores hold when the facts are pinned and says what waits. It adds nothing
to what the engine refuses: it keeps work that was left undone from being closed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from revrec.errors import PeriodNotReady
from revrec.operations.exporting import unposted
from revrec.periods import Period
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.elections import elected
from revrec.usage.unrated import unrated


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that has to be done before a period is closed."""

    gate: str
    """Name of the check that found it."""
    what: str
    """What waits, with its values."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.gate}: {self.what} {self.remedy}"


Gate = Callable[[Transaction, Lake, Period], list[tuple[str, str]]]
"""Gives what waits and what to do about it; nothing if the gate is open."""


def _counted_usage_is_rated(tx: Transaction, lake: Lake, period: Period) -> list[tuple[str, str]]:
    """Usage counted up to the period's end is in the ledger at the prices known."""
    found = unrated(tx, lake, through=period.last)
    waiting: list[tuple[str, str]] = []
    if found is not None and found.lines:
        sums = found.differences.items()
        worth = ", ".join(f"{currency} {amount:,f}" for currency, amount in sums)
        what = f"{found.lines:,} lines of counted usage from {found.first_day} on are not rated"
        waiting.append(
            (
                f"{what} as the prices known give them ({worth}).",
                f"Rate through {period.last} or later, then close again.",
            )
        )
    if found is not None and found.unpriced:
        waiting.append(
            (
                f"Counted usage of {found.unpriced:,} contracts' meters has no price.",
                "Record a price, of zero for what is free, rate, then close again.",
            )
        )
    return waiting


def _exported_journals_are_posted(
    tx: Transaction, _: Lake, period: Period
) -> list[tuple[str, str]]:
    """The general ledger has the month before, where policy wants its references."""
    before = period.previous
    if elected(tx, "posted_references") != "required":
        return []
    missing = unposted(tx, before)
    if not missing:
        return []
    closes = ", ".join(map(str, missing))
    what = f"No general ledger has posted the journal of {before} (close {closes}) as exported."
    remedy = f"Take back what was posted of `revrec export-journal {before}`: posted-references."
    return [(what, remedy)]


GATES: Mapping[str, Gate] = {
    "counted-usage-is-rated": _counted_usage_is_rated,
    "exported-journals-are-posted": _exported_journals_are_posted,
}
"""Every gate by its name, in the order they are asked."""


def waiting(tx: Transaction, lake: Lake, period: Period) -> list[Waiting]:
    """What waits at the gates of a period."""
    return [
        Waiting(gate=name, what=what, remedy=remedy)
        for name, gate in GATES.items()
        for what, remedy in gate(tx, lake, period)
    ]


def pass_through(tx: Transaction, lake: Lake, period: Period) -> None:
    """Raise PeriodNotReady, listing what waits, unless nothing does."""
    found = waiting(tx, lake, period)
    if found:
        raise PeriodNotReady(
            f"{period} cannot be closed: " + " ".join(each.what for each in found),
            remedy=found[0].remedy,
            blockers=[str(each) for each in found],
        )
