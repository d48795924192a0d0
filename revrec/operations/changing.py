"""Changes under control: what they would do to revenue, before a second person lets them in.

The effect is not estimated: the facts are recorded, everything is computed as a close would, and
taken back before the transaction ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from revrec import engine
from revrec.disclosure.effects import balance_effect, entry_effect, revenue_effect
from revrec.engine import Accounting
from revrec.errors import Conflict, FeedError
from revrec.ledger.subledger import Subledger, first_period
from revrec.model.dataset import DataSet
from revrec.model.fact import Fact, digest_of
from revrec.model.proposal import Proposal, ProposalKind, Standing
from revrec.operations.computing import Computed, Inputs, compute, read_inputs
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation
from revrec.store import audit_log, facts, proposals
from revrec.store.facts import Recorded
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction, taken_back
from revrec.usage.unrated import unrated

PERIODS_AHEAD = 11
"""How many periods after the period are compared unless it is told."""
_ID_DIGITS = 20
_EVIDENCE_ROWS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What recording facts would change, as the books stand now."""

    period: Period
    """The period whose entries are compared."""
    until: Period
    """The last month of revenue that is compared."""
    recorded: Recorded
    """How many facts are new, corrected, unchanged."""
    revenue: DataSet
    balances: DataSet
    """At the ends of the period and those after it."""
    entries: DataSet
    rated: Mapping[str, Decimal]
    """What counted usage would cost more or less once it is rated anew, by currency."""

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """Change of revenue by currency and month, minor units."""
        sums: dict[str, dict[str, int]] = {}
        for _, _, _, currency, month, _, _, change, _ in self.revenue.rows:
            of_currency = sums.setdefault(str(currency), {})
            of_currency[str(month)] = of_currency.get(str(month), 0) + int(str(change))
        return {currency: dict(sorted(months.items())) for currency, months in sorted(sums.items())}


@dataclass(frozen=True, slots=True)
class _Side:
    """The books before or after."""

    computed: Computed
    accounting: Accounting
    positions: pa.Table
    rated: Mapping[str, Decimal]


def effect_of(workspace: Workspace, told: Sequence[Fact], period: Period, until: Period) -> Effect:
    """What recording the facts would do to revenue and balances by month, and to the entries.

    Nothing is written. Raises FeedError for an end before the period, and what a close of the
    period would raise, before or after the facts.
    """
    return workspace.run(lambda tx: changed(tx, workspace.lake, told, period, until))


def propose_change(
    workspace: Workspace, told: Sequence[Fact], period: Period, until: Period, *, note: str
) -> Proposal:
    """Propose facts, with their effect as evidence; they count once another person approves.

    The same facts proposed again by the same person are the same proposal. Raises Conflict when
    the facts change nothing, and what ``effect_of`` raises.
    """
    return workspace.run(lambda tx: proposing(tx, workspace.lake, told, period, until, note=note))


def proposing(
    tx: Transaction, lake: Lake, told: Sequence[Fact], period: Period, until: Period, *, note: str
) -> Proposal:
    """Propose within a transaction of the caller's."""
    effect = changed(tx, lake, told, period, until)
    if not effect.recorded.new + effect.recorded.corrected:
        raise Conflict("The books hold these facts as they are.", remedy="Nothing is to be done.")
    bodies = [{**each.body, "kind": each.kind.value} for each in told]
    proposal = Proposal(
        id=digest_of([bodies, tx.actor, note])[:_ID_DIGITS],
        kind=ProposalKind.CHANGE,
        subject=_subject(told),
        contract=None,
        as_of=effect.period.last,
        prepared_by=tx.actor,
        standing=Standing.WAITS,
        reason=note,
        run="by hand",
        seed=0,
        fact_seq=facts.last_seq(tx),
        usage_version=None,
        model_version=engine.ENGINE_VERSION,
        facts=bodies,
        evidence=_evidence(effect),
    )
    if proposals.record(tx, [proposal]):
        audit_log.write(tx, "change.propose", proposal.id, {"note": note, "facts": len(bodies)})
    return proposal


def changed(
    tx: Transaction, lake: Lake, told: Sequence[Fact], period: Period, until: Period
) -> Effect:
    """The effect within a transaction of the caller's; nothing of it remains in it."""
    if until < period:
        raise FeedError(
            f"The periods to compare end with {until}, before {period}.",
            remedy=f"End with {period} or later.",
        )
    before = _side(tx, lake, period, until)
    with taken_back(tx):
        recorded = facts.record(tx, told)
        after = _side(tx, lake, period, until)
    book = after.computed.inputs.book
    periods = list(_first(after.computed.inputs, until).through(until))
    return Effect(
        period=period,
        until=until,
        recorded=recorded,
        revenue=revenue_effect(before.accounting, after.accounting, book, periods),
        balances=balance_effect(
            before.positions, after.positions, book, list(period.through(until))
        ),
        entries=entry_effect(before.computed.postings, after.computed.postings, book),
        rated=_difference(before.rated, after.rated),
    )


def _side(tx: Transaction, lake: Lake, period: Period, until: Period) -> _Side:
    inputs = read_inputs(tx, lake, None)
    computed = compute(inputs, period)
    compared = list(_first(inputs, until).through(until))
    days = [compared[0].previous.last, *(each.last for each in compared)]
    counts = usage_by_obligation(inputs.usage, inputs.book.histories.values())
    waiting = unrated(tx, lake, through=period.last)
    accounting = engine.account(inputs.book, days, usage=[counts])
    with Subledger(inputs.book, accounting) as subledger:
        positions = subledger.positions([each.last for each in period.through(until)])
    return _Side(
        computed=computed,
        accounting=accounting,
        positions=positions,
        rated=waiting.differences if waiting else {},
    )


def _first(inputs: Inputs, until: Period) -> Period:
    return min(first_period(inputs.book, until), until)


def _difference(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> dict[str, Decimal]:
    zero = Decimal(0)
    found = {
        currency: after.get(currency, zero) - before.get(currency, zero)
        for currency in sorted({*before, *after})
    }
    return {currency: change for currency, change in found.items() if change}


def _subject(told: Sequence[Fact]) -> str:
    """Names every fact: a later proposal of the same ones takes the place of this one."""
    return ", ".join(sorted({f"{each.kind} {each.key}" for each in told}))


def _evidence(effect: Effect) -> dict[str, Any]:
    """The effect in JSON; of many rows the largest changes, and how many there are."""
    rows = sorted(effect.revenue.rows, key=lambda row: (-abs(int(str(row[7]))), str(row[8])))
    return {
        "period": str(effect.period),
        "until": str(effect.until),
        "revenue_by_currency_and_month": effect.totals,
        "rows_changed": len(rows),
        "largest": [
            {"contract": row[1], "obligation": row[2], "currency": row[3], "month": row[4]}
            | {"before": row[5], "after": row[6], "change": row[7]}
            for row in rows[:_EVIDENCE_ROWS_MAX]
        ],
        "usage_rated_anew": {currency: str(each) for currency, each in effect.rated.items()},
    }
