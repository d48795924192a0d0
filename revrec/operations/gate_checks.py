"""What each gate of a close looks at; ``gates`` lists them.

The first ones ask the stores as they are when the facts are pinned, the others the books as they
are computed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.asc606.combination import Proposal, propose_combinations
from revrec.disclosure.cutover import TiedTotal, tied, tied_totals
from revrec.model.controls import ChecklistTask, SignOffOutcome
from revrec.model.proposal import ProposalKind
from revrec.money import Money
from revrec.operations import findings
from revrec.operations.computing import Computed
from revrec.operations.reconciling import reconciled, with_postings
from revrec.operations.references import unposted
from revrec.periods import Period
from revrec.reconciliation.datasets import age
from revrec.store import controls, proposals
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import quarantine, rollup
from revrec.usage.columns import COUNTED
from revrec.usage.unrated import unrated

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a gate is asked about."""

    tx: Transaction
    lake: Lake
    period: Period
    elected: Callable[[str], str]
    checklist: Mapping[str, ChecklistTask]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a gate found: its value, and what waits with what to do about it, if anything does."""

    value: str
    what: str = ""
    remedy: str = ""


def counted_usage_is_rated(asked: Asked) -> Found:
    """Usage counted up to the period's end is in the ledger at the prices known."""
    found = unrated(asked.tx, asked.lake, through=asked.period.last)
    if found is None:
        return Found(value="no usage is counted here")
    told, remedies = [], []
    if found.lines:
        sums = found.differences.items()
        worth = ", ".join(f"{currency} {amount:,f}" for currency, amount in sums)
        told.append(
            f"{found.lines:,} lines of counted usage from {found.first_day} on are not rated as "
            f"the prices known give them ({worth})."
        )
        remedies.append(f"Rate through {asked.period.last} or later, then close again.")
    if found.unpriced:
        told.append(f"Counted usage of {found.unpriced:,} contracts' meters has no price.")
        remedies.append("Record a price, of zero for what is free, rate, then close again.")
    return Found(
        value=f"{found.lines:,} lines not rated, {found.unpriced:,} meters without a price",
        what=" ".join(told),
        remedy=" ".join(remedies),
    )


def usage_came_from_every_source(asked: Asked) -> Found:
    """Every source that usage is expected from sent some for each day of the period."""
    expected = asked.elected("usage_expected_from")
    sources = [] if expected == "none" else [each.strip() for each in expected.split(";")]
    most = int(asked.elected("close_days_without_usage").removesuffix("_days"))
    days = {asked.period.first.replace(day=n) for n in range(1, asked.period.last.day + 1)}
    told = []
    missing_most = 0
    for source in sources:
        missing = sorted(days - _days_with_usage(asked, source))
        missing_most = max(missing_most, len(missing))
        if len(missing) > most:
            shown = ", ".join(str(day) for day in missing[:_SHOWN_MAX])
            more = len(missing) - _SHOWN_MAX
            told.append(
                f"{source} sent nothing for {len(missing):,} days of {asked.period}: {shown}"
                + (f" and {more:,} more." if more > 0 else ".")
            )
    return Found(
        value=f"{missing_most:,} days of {len(sources):,} sources",
        what=" ".join(told),
        remedy="Send what is missing. If there was none, say so in a waiver." if told else "",
    )


def _days_with_usage(asked: Asked, source: str) -> set[date]:
    tables = (rollup.cells(asked.tx, asked.lake), asked.lake.dataset(asked.tx, COUNTED.table))
    found: set[date] = set()
    for table in tables:
        if table is not None:
            wanted = (
                (ds.field("entity_id") == asked.tx.entity)
                & (ds.field("source") == source)
                & (ds.field("usage_date") >= asked.period.first)
                & (ds.field("usage_date") <= asked.period.last)
            )
            days = table.to_table(columns=["usage_date"], filter=wanted)["usage_date"]
            found.update(days.unique().to_pylist())
    return found


def rows_set_aside_are_few(asked: Asked) -> Found:
    """Usage of the period or before that is set aside is within what the policy elects."""
    rows = sum(quarantine.outstanding(asked.tx, through=asked.period.last).values())
    amounts = quarantine.outstanding_amounts(asked.tx, through=asked.period.last)
    rows_most = int(asked.elected("close_rows_set_aside"))
    amount_most = Decimal(asked.elected("close_amount_set_aside"))
    worth = ", ".join(f"{currency} {amount:,f}" for currency, amount in amounts.items())
    value = f"{rows:,} rows" + (f" of {worth}" if worth else "")
    if rows <= rows_most and all(amount <= amount_most for amount in amounts.values()):
        return Found(value=value)
    return Found(
        value=value,
        what=f"{value} of usage up to {asked.period.last} are set aside.",
        remedy="Release or reject them: `revrec quarantine list`.",
    )


def estimates_are_approved(asked: Asked) -> Found:
    """No estimate as of the period or before waits for a second person."""
    waiting = [
        each
        for each in proposals.waiting(asked.tx)
        if each.kind is ProposalKind.ESTIMATE and each.as_of <= asked.period.last
    ]
    value = f"{len(waiting):,} wait"
    if len(waiting) <= int(asked.elected("close_waiting_estimates")):
        return Found(value=value)
    shown = ", ".join(each.subject for each in waiting[:_SHOWN_MAX])
    return Found(
        value=value,
        what=f"{len(waiting):,} estimates wait for a second person: {shown}.",
        remedy="Approve or reject them: `revrec proposals`, `revrec decide`.",
    )


def exported_journals_are_posted(asked: Asked) -> Found:
    """The general ledger has the month before, where policy wants its references."""
    before = asked.period.previous
    if asked.elected("posted_references") != "required":
        return Found(value="not asked")
    missing = unposted(asked.tx, before)
    if not missing:
        return Found(value="all are posted")
    closes = ", ".join(map(str, missing))
    return Found(
        value=f"{len(missing):,} closes not posted",
        what=f"No general ledger has posted the journal of {before} (close {closes}) as exported.",
        remedy=f"Take back what was posted of `revrec export-journal {before}`: posted-references.",
    )


def findings_are_settled(asked: Asked) -> Found:
    """Findings that are overdue by the period's end are within what the policy elects."""
    standing = findings.listed(asked.tx, findings.Wanted(standing=True))
    overdue = [each for each in standing if each.due_on and each.due_on <= asked.period.last]
    today = asked.tx.now.date()
    ages = Counter(age(each.since, today) for each in standing)
    told = ", ".join(f"{count:,} of {bucket}" for bucket, count in sorted(ages.items()))
    value = f"{len(overdue):,} overdue of {len(standing):,} standing" + (
        f": {told}" if told else ""
    )
    bound = asked.elected("close_open_findings")
    if bound == "not_asked" or len(overdue) <= int(bound):
        return Found(value=value)
    shown = ", ".join(
        f"{each.id} ({each.owner or 'nobody'}, {each.due_on})" for each in overdue[:_SHOWN_MAX]
    )
    return Found(
        value=value,
        what=f"{len(overdue):,} findings are overdue: {shown}.",
        remedy="Correct what they name and run the checks, or resolve them: `revrec findings`.",
    )


def required_tasks_are_done(asked: Asked) -> Found:
    """Every task that the policy requires of people has evidence that another person signed."""
    given = controls.evidence(asked.tx, asked.period)
    missing = []
    for name, task in asked.checklist.items():
        signed = given[name].sign_off if name in given else None
        accepted = signed is not None and signed.outcome is SignOffOutcome.ACCEPTED
        if task.required and not task.gate and not accepted:
            missing.append(name)
    value = f"{len(missing):,} open"
    if not missing:
        return Found(value=value)
    return Found(
        value=value,
        what=f"{len(missing):,} tasks are not done: {', '.join(missing)}.",
        remedy="See `revrec checklist list`; give evidence and have another person sign it.",
    )


def cutover_ties(asked: Asked, computed: Computed) -> Found:
    """Contracts taken over since the last close have the balances that the other system told.

    At the first close contracts signed by the cutover that were not taken over wait too. Control
    totals are those of the days of these contracts and of the period.
    """
    posted = computed.inputs.posted
    before = posted.filter(pc.less(posted["period"], str(asked.period)))
    here = frozenset(before["contract"].unique().to_pylist())
    found = tied(computed.inputs.book, computed.at_cutover, here)
    totals = _control_totals(asked, computed, {each.on for each in found})
    waiting = [f"{each.contract} ({each.account})" for each in found if each.is_open]
    waiting += [str(each) for each in totals if each.is_open]
    told = ""
    if waiting:
        shown = ", ".join(waiting[:_SHOWN_MAX])
        more = len(waiting) - _SHOWN_MAX
        told = f"{len(waiting):,} differences of the cutover have no reason: {shown}" + (
            f" and {more:,} more." if more > 0 else "."
        )
    return Found(
        value=f"{len(waiting):,} of {len(found):,} balances and {len(totals):,} control totals "
        "differ without a reason",
        what=told,
        remedy="Correct the opening balances or the `control_total`, or give a `reason`; "
        "`revrec cutover` shows them."
        if told
        else "",
    )


def _control_totals(asked: Asked, computed: Computed, days: set[date]) -> list[TiedTotal]:
    """Control totals of the days and of the period, beside all contracts taken over then."""
    book = computed.inputs.book
    found = tied_totals(tied(book, computed.at_cutover), book.control_totals, asked.period.last)
    return [
        each
        for each in found
        if each.control is not None and (each.on in days or each.on >= asked.period.first)
    ]


def combinations_are_decided(asked: Asked, computed: Computed) -> Found:
    """Contracts signed by the period's end that may be one were decided on."""
    return decided(asked, propose_combinations(computed.inputs.book))


def decided(asked: Asked, proposals: Sequence[Proposal]) -> Found:
    """Of what may be one, how much waits for a decision."""
    waiting = [each for each in proposals if each.inception_first <= asked.period.last]
    value = f"{len(waiting):,} open"
    if len(waiting) <= int(asked.elected("close_open_combinations")):
        return Found(value=value)
    shown = "; ".join(", ".join(each.contracts) for each in waiting[:_SHOWN_MAX])
    return Found(
        value=value,
        what=f"{len(waiting):,} groups of contracts may have to be accounted for as one: {shown}.",
        remedy="Confirm or refuse each with a `combination`; see `revrec combinations`.",
    )


def differences_are_explained(asked: Asked, computed: Computed) -> Found:
    """Differences of the period between usage, bills and revenue have a reason."""
    bound = asked.elected("close_unexplained")
    if bound == "not_asked":
        return Found(value="not asked")
    posted, accounting = with_postings(computed), computed.accounting
    found = reconciled(computed.inputs, posted, asked.period, asked.period, accounting=accounting)
    names = [column.name for column in found.reasons.columns]
    sums: defaultdict[str, int] = defaultdict(int)
    for row in found.reasons.rows:
        told = dict(zip(names, row, strict=True))
        if told["reason"] == "unexplained":
            sums[str(told["currency"])] += abs(int(str(told["amount"])))
    shown = {currency: Money(amount, currency) for currency, amount in sorted(sums.items())}
    value = ", ".join(f"{code} {worth.decimal:,f}" for code, worth in shown.items()) or "none"
    if all(worth.decimal <= Decimal(bound) for worth in shown.values()):
        return Found(value=value)
    return Found(
        value=value,
        what=f"Differences of {asked.period} without a reason come to {value}.",
        remedy="Look at the findings of the reconciliation, correct what they name, close again.",
    )
