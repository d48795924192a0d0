"""Gates of a close: what has to be done before a period is closed, one list of named checks.

Each has its bound in policy, the value it found and what to do. A gate keeps work that was left
undone from being closed over in silence. Two people may waive one for one close, with a reason;
what nothing can be computed without, and what is never false of the books, cannot be waived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from revrec.asc606.combination import Proposal
from revrec.errors import Conflict, NotFound, PeriodClosed, PeriodNotReady, SelfApproval
from revrec.feeds.policies import completed, default_policy
from revrec.feeds.records import of_fact
from revrec.ledger import invariants
from revrec.ledger.chart import charted
from revrec.model.controls import Waiver
from revrec.model.fact import FactKind
from revrec.model.policy import Policy
from revrec.operations import gate_checks as checks
from revrec.operations.computing import Computed, compute, read_inputs
from revrec.operations.gate_checks import Asked, Found
from revrec.periods import Period
from revrec.store import audit_log, controls, facts, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodStatus, Pins
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A named check of a close."""

    asks: str
    """What has to be so."""
    bound: tuple[str, ...] = ()
    """The elections that bound it; without one nothing may be left."""
    of_stores: Callable[[Asked], Found] | None = None
    """Asked when the facts are pinned ..."""
    of_books: Callable[[Asked, Computed], Found] | None = None
    """... or of the books as computed; with neither, computing itself refuses."""
    waivable: bool = True


COMBINATIONS, EXPLAINED = "combinations-are-decided", "differences-are-explained"
ACCOUNTED, RATES = "contracts-are-accounted-for", "exchange-rates-are-told"
MAPPED, INVARIANTS = "accounts-are-mapped", "invariants-hold"
GATES: Mapping[str, Gate] = {
    "counted-usage-is-rated": Gate(
        asks="Usage counted up to the period's end is rated as the prices known give it.",
        of_stores=checks.counted_usage_is_rated,
    ),
    "usage-came-from-every-source": Gate(
        asks="Every source that usage is expected from sent some for each day.",
        bound=("close_days_without_usage", "usage_expected_from"),
        of_stores=checks.usage_came_from_every_source,
    ),
    "rows-set-aside-are-few": Gate(
        asks="Usage set aside is released or rejected.",
        bound=("close_rows_set_aside", "close_amount_set_aside"),
        of_stores=checks.rows_set_aside_are_few,
    ),
    "estimates-are-approved": Gate(
        asks="No estimate waits for a second person.",
        bound=("close_waiting_estimates",),
        of_stores=checks.estimates_are_approved,
    ),
    "exported-journals-are-posted": Gate(
        asks="The general ledger has posted the month before, where policy wants to know.",
        bound=("posted_references",),
        of_stores=checks.exported_journals_are_posted,
    ),
    "findings-are-settled": Gate(
        asks="What checks found is corrected or settled by the day it is due.",
        bound=("close_open_findings",),
        of_stores=checks.findings_are_settled,
    ),
    "required-tasks-are-done": Gate(
        asks="Tasks that the policy requires of people are done and signed.",
        of_stores=checks.required_tasks_are_done,
    ),
    ACCOUNTED: Gate(asks="Every contract can be accounted for.", waivable=False),
    RATES: Gate(
        asks="Exchange rates of the days are told.",
        bound=("exchange_rates_stand",),
        waivable=False,
    ),
    MAPPED: Gate(
        asks="Products and balances have their accounts.",
        bound=("revenue_of_unmapped_products",),
        waivable=False,
    ),
    INVARIANTS: Gate(asks="What is never false of the books is true.", waivable=False),
    "cutover-ties": Gate(
        asks="What was taken over ties to the other system, or a reason says why it does not.",
        of_books=checks.cutover_ties,
    ),
    COMBINATIONS: Gate(
        asks="Contracts that may be one are decided on.",
        bound=("close_open_combinations",),
        of_books=checks.combinations_are_decided,
    ),
    EXPLAINED: Gate(
        asks="Usage, bills and revenue differ for named reasons alone.",
        bound=("close_unexplained",),
        of_books=checks.differences_are_explained,
    ),
}
"""Every gate by its name, in the order they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """A gate of a period: what it found, and whether a close gets past it."""

    gate: str
    asks: str
    bound: str
    value: str
    what: str
    """What waits, with its values; nothing if the gate is open."""
    remedy: str
    """What to do."""
    waivable: bool
    waiver: Waiver | None = None

    @property
    def blocks(self) -> bool:
        """Whether the period cannot be closed for it."""
        return bool(self.what) and self.waiver is None

    def __str__(self) -> str:
        return f"{self.gate}: {self.what} {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A close of a period as it would go now."""

    gates: list[GateState]
    """Every gate as it stands."""
    computed: Computed | None
    """The books; none where they cannot be computed ..."""
    refused: PeriodNotReady | None
    """... for this."""


def policy_of(tx: Transaction) -> Policy:
    """The entity's policy as known now, completed; the standing one if it recorded none."""
    told = facts.read(tx, kind=FactKind.POLICY)
    record = of_fact(told[-1].fact) if told else None
    return completed(record) if isinstance(record, Policy) else default_policy()


def states(
    tx: Transaction, lake: Lake, period: Period, computed: Computed | None = None
) -> list[GateState]:
    """Every gate as it stands; the books are ``computed`` as a close now would, where not given."""
    if computed is None:
        return rehearse(tx, lake, period).gates
    asked = _asked(tx, lake, period, policy_of(tx))
    found = _of_stores(asked) | _of_books(asked, computed) | _computed(computed)
    return _told(asked, found)


def rehearse(tx: Transaction, lake: Lake, period: Period) -> Rehearsal:
    """What a close now would find and post; nothing is written."""
    asked = _asked(tx, lake, period, policy_of(tx))
    found = _of_stores(asked)
    computed: Computed | None = None
    refused: PeriodNotReady | None = None
    try:
        computed = compute(read_inputs(tx, lake, None), period)
        charted(computed.postings, computed.inputs.posted, computed.inputs.book, period)
    except PeriodNotReady as error:
        refused, computed = error, None
        gate = str(error.attributes.get("gate", ACCOUNTED))
        found[gate] = Found(value="refused", what=error.message, remedy=error.remedy)
    else:
        found |= _of_books(asked, computed)
        found |= _computed(computed)
    return Rehearsal(gates=_told(asked, found), computed=computed, refused=refused)


def blocking(tx: Transaction, lake: Lake, period: Period) -> list[GateState]:
    """Gates that keep the period from being closed now."""
    return [each for each in states(tx, lake, period) if each.blocks]


def pass_through(tx: Transaction, lake: Lake, period: Period) -> None:
    """Raise PeriodNotReady, listing what waits in the stores, unless nothing does."""
    asked = _asked(tx, lake, period, policy_of(tx))
    _refuse(period, _told(asked, _of_stores(asked)))


def pass_books(tx: Transaction, lake: Lake, period: Period, computed: Computed) -> None:
    """Raise PeriodNotReady, listing what waits in the books as computed, unless nothing does."""
    asked = _asked(tx, lake, period, computed.inputs.book.policy)
    _refuse(period, _told(asked, _of_books(asked, computed)))


def pass_parts(
    tx: Transaction, lake: Lake, period: Period, policy: Policy, proposals: Sequence[Proposal]
) -> None:
    """The same of books that were computed in parts, which do not ``need_everything``."""
    asked = _asked(tx, lake, period, policy)
    _refuse(period, _told(asked, {COMBINATIONS: checks.decided(asked, proposals)}))


def need_everything(tx: Transaction, pins: Pins) -> bool:
    """Whether a gate looks at all contracts at once: what was taken over, what differs."""
    if policy_of(tx).value("close_unexplained") != "not_asked":
        return True
    kinds = (FactKind.OPENING_BALANCE, FactKind.CONTROL_TOTAL)
    return any(facts.read(tx, through_seq=pins.fact_seq, kind=kind) for kind in kinds)


def waive(
    tx: Transaction, period: Period, gate: str, *, requested_by: str, approved_by: str, reason: str
) -> Waiver:
    """Let the period's next close pass a gate; again, it is the first waiver.

    Raises NotFound for a gate there is not, Conflict for one that cannot be waived or without a
    reason, SelfApproval, PeriodClosed.
    """
    locks.period_shared(tx, period)
    if gate not in GATES:
        raise NotFound(f"There is no gate {gate!r}.", remedy=f"Gates are: {', '.join(GATES)}.")
    if not GATES[gate].waivable:
        raise Conflict(
            f"The gate {gate} cannot be waived: without it there is nothing sound to post.",
            remedy="Correct what it names.",
        )
    if requested_by == approved_by:
        raise SelfApproval(
            f"{requested_by} asked for the waiver and cannot approve it.",
            remedy="Have another person approve it.",
        )
    if not reason.strip():
        raise Conflict("The waiver gives no reason.", remedy="Say why in `reason`.")
    if periods.status(tx, period) is PeriodStatus.CLOSED:
        raise PeriodClosed(
            f"Period {period} is closed.", remedy="A gate is waived before the close."
        )
    waiver = Waiver(
        period=period,
        gate=gate,
        requested_by=requested_by,
        approved_by=approved_by,
        reason=reason.strip(),
        waived_at=tx.now,
    )
    if controls.waive(tx, waiver):
        audit_log.write(tx, "gate.waive", f"{period} {gate}", {"reason": waiver.reason})
    return controls.waivers(tx, period)[gate]


def _of_stores(asked: Asked) -> dict[str, Found]:
    return {name: gate.of_stores(asked) for name, gate in GATES.items() if gate.of_stores}


def _of_books(asked: Asked, computed: Computed) -> dict[str, Found]:
    return {name: gate.of_books(asked, computed) for name, gate in GATES.items() if gate.of_books}


def _computed(computed: Computed) -> dict[str, Found]:
    """Of what computing refuses or stops at: that it did not."""
    contracts = f"{len(computed.accounting.contracts):,} contracts"
    rates = f"{len(computed.inputs.book.exchange_rates):,} rates"
    return {
        ACCOUNTED: Found(value=contracts),
        RATES: Found(value=rates),
        MAPPED: Found(value="all"),
        INVARIANTS: Found(value=f"{len(invariants.TRUTHS):,} hold"),
    }


def _asked(tx: Transaction, lake: Lake, period: Period, policy: Policy) -> Asked:
    return Asked(tx=tx, lake=lake, period=period, elected=policy.value, checklist=policy.checklist)


def _told(asked: Asked, found: Mapping[str, Found]) -> list[GateState]:
    """States in the order of the list; a gate that could not be asked is left out."""
    waived = controls.waivers(asked.tx, asked.period)
    return [
        GateState(
            gate=name,
            asks=gate.asks,
            bound=", ".join(f"{each} {asked.elected(each)}" for each in gate.bound) or "none",
            value=found[name].value,
            what=found[name].what,
            remedy=found[name].remedy,
            waivable=gate.waivable,
            waiver=waived.get(name),
        )
        for name, gate in GATES.items()
        if name in found
    ]


def _refuse(period: Period, found: Iterable[GateState]) -> None:
    waiting = [each for each in found if each.blocks]
    if waiting:
        raise PeriodNotReady(
            f"{period} cannot be closed: " + " ".join(each.what for each in waiting),
            remedy=waiting[0].remedy,
            blockers=[str(each) for each in waiting],
        )
