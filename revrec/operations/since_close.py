"""What is new since the close before: facts, decisions, and the amounts they moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from revrec.audit.explanation import Change, Evidence, Made
from revrec.audit.standing import Standing
from revrec.errors import RevrecError
from revrec.ledger.kinds import KINDS
from revrec.model.decision import Decision
from revrec.money import Money
from revrec.operations import books
from revrec.operations.knowing import State, state_of
from revrec.periods import Period
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction

Row = Mapping[str, Any]
_NAMED_MAX = 5
"""Facts and rules that a reason names."""


def decided_before(
    tx: Transaction, lake: Lake, state: State, standing: Standing, told: Sequence[Evidence]
) -> Sequence[Decision] | None:
    """Decisions of the contract as the close before knew them; None where there was none.

    Empty if the contract was unknown then, or refused, or the book was not kept yet.
    """
    since = state.close_before
    if since is None:
        return None
    if not books.keeps(tx, since.period, since.pins, state.framework):
        return ()
    last = since.closed_at
    used = state.inputs.daily["last_recorded_at"].to_pylist()
    before = state
    if any(each.since_last_close for each in told) or any(each > last for each in used):
        names = [standing.contract]
        before = state_of(
            tx, lake, names, since.pins, period=since.period, framework=state.framework
        )
    if standing.contract not in before.book.histories:
        return ()
    earlier = Standing(
        contract=standing.contract,
        book=before.book,
        usage=before.inputs.usage,
        period=since.period,
        posted=standing.posted,
        day=since.period.last,
    )
    try:
        with earlier:
            return earlier.decisions
    except RevrecError:
        return ()


def made_of(
    standing: Standing, rests: Collection[int] | None, before: Sequence[Decision] | None
) -> list[Made]:
    """The decisions with those that ``rests`` names marked, all if it is None."""
    known = None if before is None else {_conclusion(each) for each in before}
    return [
        Made(
            number=number,
            decision=each,
            rests=rests is None or number in rests,
            told_before=known is None or _conclusion(each) in known,
        )
        for number, each in enumerate(standing.decisions)
    ]


def changes_of(
    rows: Iterable[Row],
    posted: Iterable[Row],
    since: PeriodClose | None,
    why: str,
) -> list[Change]:
    """Postings of a period beside those of the period of the close before, by event and account.

    ``posted`` is what earlier closes posted.
    """
    if since is None:
        return []
    sums: dict[tuple[str, str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in posted:
        if each["period"] == str(since.period):
            sums[_kind(each)][0] += each["amount"]
    for each in rows:
        sums[_kind(each)][1] += each["amount"]
    return [
        Change(
            name=" / ".join(filter(None, (KINDS[event].tells, obligation, component, account))),
            before=Money(before, currency),
            after=Money(after, currency),
            why=why,
        )
        for (event, obligation, component, account, currency), (before, after) in sorted(
            sums.items()
        )
        if before != after
    ]


def reason(told: Sequence[Evidence], made: Sequence[Made], period: Period) -> str:
    """Why amounts differ from those of the period before: what was told, and decided anew."""
    new = [each.name for each in told if each.since_last_close]
    fresh = [f"{each.number} ({each.decision.rule})" for each in made if not each.told_before]
    parts = []
    if new:
        parts.append(f"Told since the close before: {_some(new)}.")
    if fresh:
        parts.append(f"Decided otherwise or anew: {_some(fresh)}.")
    return " ".join(parts) or f"Nothing new was told: progress and documents of {period}."


def _kind(row: Row) -> tuple[str, str, str, str, str]:
    return row["event"], row["obligation"], row["component"], row["account"], row["currency"]


def _conclusion(decision: Decision) -> tuple[object, ...]:
    return decision.rule, decision.on, decision.outcome, decision.sentence


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more:,} more" if more > 0 else "")
