"""What may be closed next, by whom: everything that is known of a close before it computes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from revrec.errors import PeriodNotReady, SelfApproval
from revrec.model.people import ConsentAction
from revrec.periods import Period
from revrec.store import locks, people, periods
from revrec.store.periods import CloseStage, PeriodClose, PeriodStatus
from revrec.store.transaction import Transaction


class Kind(StrEnum):
    """What is asked of a period."""

    SOFT = "soft"
    """Close it softly."""
    CUT_OFF = "cut_off"
    """Close it softly again, with what is known by now."""
    HARD = "hard"
    """Close it for good."""

    @property
    def stage(self) -> CloseStage:
        """The stage of the certificate."""
        return CloseStage.HARD if self is Kind.HARD else CloseStage.SOFT

    @property
    def action(self) -> ConsentAction:
        """What the other person gives their word on."""
        return {
            Kind.SOFT: ConsentAction.SOFT_CLOSE,
            Kind.CUT_OFF: ConsentAction.CUT_OFF,
            Kind.HARD: ConsentAction.CLOSE,
        }[self]


def refuse_own_approval(period: Period, *, prepared_by: str, approved_by: str) -> None:
    """SelfApproval for a close that one person prepares and approves."""
    if prepared_by == approved_by:
        raise SelfApproval(
            f"{prepared_by} cannot approve a close of {period} they prepared.",
            remedy="Have another person approve it.",
        )


def closable(
    tx: Transaction, period: Period, kind: Kind, *, two: Mapping[str, str]
) -> PeriodClose | None:
    """The certificate if the period is so closed; None if it may be closed, or resumed.

    ``two`` are who asked and who approved. Raises CloseInProgress, ApprovalNeeded, PeriodNotReady
    where an earlier period is open or there is no cut-off to move.
    """
    locks.period_exclusive(tx, period)
    status = periods.status(tx, period)
    standing = periods.standing_close(tx, period)
    if status is PeriodStatus.CLOSED or (status is PeriodStatus.SOFT_CLOSED and kind is Kind.SOFT):
        return standing
    people.require_two(tx, period, kind.action, **two)
    if is_begun(tx, period, kind):
        return None
    _refuse_out_of_order(tx, period)
    if kind is Kind.CUT_OFF and standing is None:
        raise PeriodNotReady(
            f"{period} is not soft-closed and has no cut-off to move.",
            remedy="Close it softly first.",
        )
    return None


def is_begun(tx: Transaction, period: Period, kind: Kind) -> bool:
    """Whether such a close of the period has pinned its facts and is to be resumed."""
    pinned = periods.pins(tx, period)
    return pinned is not None and pinned.stage is kind.stage


def _refuse_out_of_order(tx: Transaction, period: Period) -> None:
    last, soft = periods.last_closed(tx), periods.soft_closed(tx)
    begun = periods.closing_before(tx, period)
    wanted = begun or soft or (last.next if last else period)
    if period != wanted:
        state = f"{soft} is soft-closed" if soft else f"the last closed period is {last}"
        state = f"{begun} is being closed" if begun else state
        raise PeriodNotReady(
            f"{period} cannot be closed: {state}.",
            remedy=f"Close {wanted} next.",
            blockers=[str(wanted)],
        )
