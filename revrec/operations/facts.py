"""Recording facts, and which of them need a second person."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.errors import ApprovalNeeded
from revrec.model.fact import Fact, FactKind
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, facts, periods
from revrec.store.facts import Recorded
from revrec.store.transaction import Transaction
from revrec.usage.elections import elected

CONTROLLED = frozenset(
    {
        FactKind.POLICY,
        FactKind.PRODUCT,
        FactKind.STANDALONE_SELLING_PRICE,
        FactKind.RATE_CARD,
        FactKind.ACCOUNT_MAPPING,
        FactKind.FISCAL_CALENDAR,
        FactKind.ENTITY_CURRENCIES,
        FactKind.SECOND_BOOK,
    }
)
"""What holds for many contracts at once, and is therefore changed by two people."""
_SHOWN_MAX = 5


def record_facts(workspace: Workspace, told: Sequence[Fact], *, source: str) -> Recorded:
    """Record facts; the same facts again change nothing, changed ones become new versions.

    Raises ApprovalNeeded, and records nothing, if a fact under control is new or changed and the
    policy wants a second person for it.
    """
    return workspace.run(lambda tx: recording(tx, told, source=source))


def recording(
    tx: Transaction, told: Sequence[Fact], *, source: str, approved: bool = False
) -> Recorded:
    """Record facts within a transaction of the caller's; ``approved`` are those of a proposal."""
    if not approved:
        _check_control(tx, told)
    recorded = facts.record(tx, told)
    if recorded.new or recorded.corrected:
        details = {"new": recorded.new, "corrected": recorded.corrected}
        audit_log.write(tx, "facts.record", source, details)
    return recorded


def _check_control(tx: Transaction, told: Sequence[Fact]) -> None:
    """Books are set up freely; once a period was closed, what moves many contracts is approved."""
    controlled = [each for each in told if each.kind in CONTROLLED]
    if not controlled or elected(tx, "change_control") == "one_person" or not periods.closes(tx):
        return
    changed = facts.differing(tx, controlled)
    if not changed:
        return
    shown = ", ".join(f"{each.kind} {each.key}" for each in changed[:_SHOWN_MAX])
    more = f" and {len(changed) - _SHOWN_MAX:,} more" if len(changed) > _SHOWN_MAX else ""
    raise ApprovalNeeded(
        f"Periods are closed: {shown}{more} can only be changed by two people.",
        remedy="See the effect with `revrec diff`, propose it with `revrec propose`; another "
        "person decides of it.",
        facts=[f"{each.kind} {each.key}" for each in changed],
    )
