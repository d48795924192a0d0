"""The checks that run all the time, not only at a close: what they see becomes findings.

::

    documents    events of contracts that nobody recorded; credit memos without approval
    metering     counts of other systems against the usage ledger; usage without a price
    contracts    contracts without an invoice, amendments not billed, revenue after the end
    three-way    invoices against commitments and usage, revenue against usage
    cash         payments against invoices

Each is run as known now, over the periods of the policy's look-back and those of findings that
stand. A check that cannot be run leaves its findings as they are, and says why.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from revrec.disclosure.columns import records_of
from revrec.errors import LedgerBroken, RevrecError, StoreError
from revrec.model.finding import Cause, Seen
from revrec.operations import findings
from revrec.operations.checking_contracts import (
    CASH,
    CONTRACTS,
    THREE_WAY,
    check_contracts,
    first_of,
)
from revrec.operations.checking_contracts import Asked as ContractsAsked
from revrec.operations.engines import LOCAL, Local
from revrec.operations.findings import Updated
from revrec.operations.known import pins_at
from revrec.operations.thresholds import Crossed, listened_to, tell_crossed
from revrec.operations.workspace import Workspace
from revrec.periods import Period, day_before
from revrec.store import calendars, locks
from revrec.store import findings as kept
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction
from revrec.usage import comparison
from revrec.usage.elections import elected
from revrec.usage.metered_to_rated import RatingReason, metered_to_rated

DOCUMENTS, METERING = "documents", "metering"
CHECKS = (DOCUMENTS, METERING, CONTRACTS, THREE_WAY, CASH)
_OF_CONTRACTS = (CONTRACTS, THREE_WAY, CASH)
_LOOK_SECONDS = 0.2
"""Between two looks at whether a run under way has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a run did, and what it could not do."""

    updated: Updated
    run: Sequence[str]
    refused: Mapping[str, RevrecError]
    """Checks that could not be run, with why; their findings are as they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a check is asked about."""

    lake: Lake
    first: Period
    period: Period
    today: date


def run_checks(
    workspace: Workspace, checks: Sequence[str] = CHECKS, *, engine: Local = LOCAL
) -> Checked:
    """Run checks as known now and bring the findings to what they see; again, it is a no-op.

    Each reads in a transaction of its own, and what accounts for contracts is run in parts, by
    ``engine``. One run of an entity is under way at a time; another is waited for.
    """
    lock = locks.checking(workspace.entity)
    while True:
        with workspace.database.alone(lock) as is_alone:
            if is_alone:
                return _run(workspace, checks, engine)
        time.sleep(_LOOK_SECONDS)


def _run(workspace: Workspace, checks: Sequence[str], engine: Local) -> Checked:
    def ask(tx: Transaction) -> tuple[_Asked, ContractsAsked, Pins]:
        today, calendar = tx.now.date(), calendars.calendar(tx)
        back = timedelta(days=_days(tx, "checks_look_back"))
        standing = [each.first_period for each in kept.read(tx) if each.amount]
        first = min([calendar.of(today - back), *map(calendar.parse, standing)])
        asked = _Asked(lake=workspace.lake, first=first, period=calendar.of(today), today=today)
        of_contracts = ContractsAsked(
            checks=[name for name in checks if name in _OF_CONTRACTS],
            first=first,
            period=asked.period,
            today=today,
            invoiced_within=_days(tx, "contracts_invoiced_within"),
            due_within=_days(tx, "invoices_due"),
            thresholds=listened_to(tx),
            used_through=day_before(today),
        )
        return asked, of_contracts, pins_at(tx, workspace.lake)

    asked, of_contracts, pins = workspace.run(ask, read_only=True)
    seen: list[Seen] = []
    refused: dict[str, RevrecError] = {}
    for name in checks:
        if name not in _OF_CONTRACTS:
            try:
                seen += workspace.run(partial(_CHECKS[name], asked), read_only=True)
            except (StoreError, LedgerBroken):
                raise
            except RevrecError as error:
                refused[name] = error
    crossed: Sequence[Crossed] = ()
    if of_contracts.checks or of_contracts.thresholds:
        found = check_contracts(workspace, pins, of_contracts, engine)
        seen += found.seen
        refused |= found.refused
        crossed = found.crossed
    run = [name for name in checks if name not in refused]

    def bring(tx: Transaction) -> Updated:
        updated = findings.update(tx, seen, run)
        tell_crossed(tx, crossed)
        return updated

    return Checked(updated=workspace.run(bring), run=run, refused=refused)


def _days(tx: Transaction, election: str) -> int:
    return int(elected(tx, election).removesuffix("_days"))


def _documents(asked: _Asked, tx: Transaction) -> list[Seen]:
    """Events that something is missing for."""
    return [*_without_contract(asked, tx), *_without_approval(asked, tx)]


def _without_approval(asked: _Asked, tx: Transaction) -> list[Seen]:
    """Credit memos, of as much as the policy wants two people for, that one person recorded."""
    bound = elected(tx, "credit_memos_approved_from")
    if bound == "not_asked":
        return []
    rows = tx.connection.execute(
        """
        with memo as (
            select distinct on (key) key, contract, effective_on, recorded_by,
                   body || jsonb_build_object('kind', kind) as told,
                   (select sum((line ->> 'amount')::numeric)
                    from jsonb_array_elements(body -> 'lines') as line) as amount
            from facts.fact
            where entity_id = %(entity)s and kind = 'credit_memo'
            order by key, version desc
        ),
        signed as (
            select distinct on (key) key, body ->> 'customer' as customer,
                   body ->> 'currency' as currency
            from facts.fact where entity_id = %(entity)s and kind = 'contract'
            order by key, version desc
        )
        select memo.key, contract, effective_on, recorded_by, amount, customer, currency
        from memo join signed on signed.key = memo.contract
        where amount >= %(bound)s and not exists (
            select from records.proposal_decision as decided
            join records.proposal as proposed using (entity_id, id)
            where decided.entity_id = %(entity)s and decided.outcome = 'approved'
              and memo.told in (select jsonb_array_elements(proposed.facts))
        )
        order by memo.key
        """,
        {"entity": tx.entity, "bound": Decimal(bound)},
    )
    calendar = asked.period.calendar
    return [
        Seen(
            cause=Cause(
                check=DOCUMENTS, reason="credit_memo_without_approval", contract=contract,
                subject=key,
            ),
            customer=customer,
            currency=currency,
            amount=-amount,
            since=on,
            first_period=str(calendar.of(on)),
            sentence=f"{by} recorded the credit memo {key} of {amount:,f}; nobody approved it.",
            remedy="Have another person look at it: they resolve the finding, or it is corrected.",
        )
        for key, contract, on, by, amount, customer, currency in rows
    ]  # fmt: skip


def _without_contract(asked: _Asked, tx: Transaction) -> list[Seen]:
    """Events whose contract was never recorded, each by its last version."""
    rows = tx.connection.execute(
        """
        select distinct on (kind, key) kind, key, contract, effective_on
        from facts.fact f
        where entity_id = %(entity)s and contract is not null and kind <> 'contract'
          and not exists (
            select from facts.fact c
            where c.entity_id = f.entity_id and c.kind = 'contract' and c.key = f.contract
          )
        order by kind, key, version desc
        """,
        {"entity": tx.entity},
    )
    calendar = asked.period.calendar
    return [
        Seen(
            cause=Cause(
                check=DOCUMENTS, reason=f"{kind}_without_contract", contract=contract, subject=key
            ),
            customer="",
            currency="",
            amount=Decimal(1),
            since=on,
            first_period=str(calendar.of(on)),
            sentence=f"The {kind.replace('_', ' ')} {key} is of {contract}, which is not recorded.",
            remedy="Record the contract, or correct the document.",
        )
        for kind, key, contract, on in rows
    ]


def _metering(asked: _Asked, tx: Transaction) -> list[Seen]:
    """Counts that drift, and usage that no price holds for."""
    first, last = asked.first.first, asked.today
    calendar = asked.period.calendar
    causes: defaultdict[Cause, list[tuple[date, Decimal, str]]] = defaultdict(list)
    for each in comparison.compare(tx, asked.lake, first=first, last=last).drifted:
        subject = f"{each.source}/{each.customer}/{each.meter}"
        reason = f"count_{each.drift.replace('-', '_')}"
        cause = Cause(check=METERING, reason=reason, contract="", subject=subject)
        causes[cause].append((each.day, each.difference, str(each)))
    leg = metered_to_rated(tx, asked.lake, first=first, last=last).reasons
    for row in records_of(leg):
        if row["reason"] in {RatingReason.NO_PRICE.value, RatingReason.UNEXPLAINED.value}:
            contract, meter = str(row["contract"]), str(row["meter"])
            units = Decimal(str(row["quantity"]))
            told = f"{units:,f} units of {contract}'s {meter} of {row['service']} are not rated."
            cause = Cause(
                check=METERING,
                reason=f"metered_{row['reason']}",
                contract=contract,
                subject=meter,
            )
            causes[cause].append((date.fromisoformat(f"{row['service']}-01"), -units, told))
    return [
        Seen(
            cause=cause,
            customer="",
            currency="",
            amount=sum((amount for _, amount, _ in told), Decimal(0)) or told[0][1],
            since=min(on for on, _, _ in told),
            first_period=str(calendar.of(min(on for on, _, _ in told))),
            sentence=first_of([sentence for _, _, sentence in told]),
            remedy="Send what is missing or correct the count; record a price, then rate.",
        )
        for cause, told in causes.items()
    ]


_CHECKS: Mapping[str, Callable[[_Asked, Transaction], list[Seen]]] = {
    DOCUMENTS: _documents,
    METERING: _metering,
}
