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

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pyarrow.compute as pc

from revrec.disclosure.columns import records_of
from revrec.errors import LedgerBroken, RevrecError, StoreError
from revrec.model.dataset import DataSet
from revrec.model.finding import Cause, Seen
from revrec.operations import findings
from revrec.operations.computing import Computed, compute, read_inputs
from revrec.operations.findings import Updated
from revrec.operations.reconciling import reconciled, with_postings
from revrec.operations.thresholds import tell_crossed
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.reconciliation.cash import cash_findings
from revrec.reconciliation.documents import document_findings
from revrec.store import calendars
from revrec.store import findings as kept
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import comparison
from revrec.usage.elections import elected
from revrec.usage.metered_to_rated import RatingReason, metered_to_rated

DOCUMENTS, METERING, CONTRACTS = "documents", "metering", "contracts"
THREE_WAY, CASH = "three-way", "cash"
CHECKS = (DOCUMENTS, METERING, CONTRACTS, THREE_WAY, CASH)


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

    tx: Transaction
    lake: Lake
    first: Period
    period: Period
    today: date
    computed: Callable[[], Computed]
    """The books as a close of the period would compute them."""


def run_checks(workspace: Workspace, checks: Sequence[str] = CHECKS) -> Checked:
    """Run checks as known now and bring the findings to what they see; again, it is a no-op."""
    return workspace.run(lambda tx: running_checks(tx, workspace.lake, checks))


def running_checks(tx: Transaction, lake: Lake, checks: Sequence[str] = CHECKS) -> Checked:
    """Run checks within a transaction of the caller's."""
    today = tx.now.date()
    calendar = calendars.calendar(tx)
    back = timedelta(days=int(elected(tx, "checks_look_back").removesuffix("_days")))
    period = calendar.of(today)
    standing = [each.first_period for each in kept.read(tx) if each.amount]
    first = min([calendar.of(today - back), *map(calendar.parse, standing)])
    asked = _Asked(
        tx=tx,
        lake=lake,
        first=first,
        period=period,
        today=today,
        computed=cache(lambda: compute(read_inputs(tx, lake, None), period)),
    )
    seen: list[Seen] = []
    refused: dict[str, RevrecError] = {}
    run = []
    for name in checks:
        try:
            seen += _CHECKS[name](asked)
        except (StoreError, LedgerBroken):
            raise
        except RevrecError as error:
            refused[name] = error
        else:
            run.append(name)
    updated = findings.update(tx, seen, run)
    try:
        tell_crossed(tx, lake)
    except (StoreError, LedgerBroken):
        raise
    except RevrecError as error:
        refused["thresholds"] = error
    return Checked(updated=updated, run=run, refused=refused)


def _documents(asked: _Asked) -> list[Seen]:
    """Events that something is missing for."""
    return [*_without_contract(asked), *_without_approval(asked)]


def _without_approval(asked: _Asked) -> list[Seen]:
    """Credit memos, of as much as the policy wants two people for, that one person recorded."""
    bound = elected(asked.tx, "credit_memos_approved_from")
    if bound == "not_asked":
        return []
    rows = asked.tx.connection.execute(
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
        {"entity": asked.tx.entity, "bound": Decimal(bound)},
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


def _without_contract(asked: _Asked) -> list[Seen]:
    """Events whose contract was never recorded, each by its last version."""
    rows = asked.tx.connection.execute(
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
        {"entity": asked.tx.entity},
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


def _metering(asked: _Asked) -> list[Seen]:
    """Counts that drift, and usage that no price holds for."""
    first, last = asked.first.first, asked.today
    calendar = asked.period.calendar
    causes: defaultdict[Cause, list[tuple[date, Decimal, str]]] = defaultdict(list)
    for each in comparison.compare(asked.tx, asked.lake, first=first, last=last).drifted:
        subject = f"{each.source}/{each.customer}/{each.meter}"
        reason = f"count_{each.drift.replace('-', '_')}"
        cause = Cause(check=METERING, reason=reason, contract="", subject=subject)
        causes[cause].append((each.day, each.difference, str(each)))
    leg = metered_to_rated(asked.tx, asked.lake, first=first, last=last).reasons
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
            sentence=_first_of([sentence for _, _, sentence in told]),
            remedy="Send what is missing or correct the count; record a price, then rate.",
        )
        for cause, told in causes.items()
    ]


def _contracts(asked: _Asked) -> list[Seen]:
    """Contracts against the documents that are there, and against their revenue."""
    computed = asked.computed()
    posted = with_postings(computed)
    calendar = asked.period.calendar
    earned: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
    revenue = posted.filter(pc.equal(posted["account"], "revenue"))
    columns = (revenue[name].to_pylist() for name in ("contract", "origin", "amount"))
    for contract, origin, amount in zip(*columns, strict=True):
        earned[contract].append((calendar.parse(origin).first, -amount))
    days = int(elected(asked.tx, "contracts_invoiced_within").removesuffix("_days"))
    return document_findings(computed.inputs.book, earned, calendar, as_of=asked.today, days=days)


def _three_way(asked: _Asked) -> list[Seen]:
    """The findings of the reconciliation of all periods asked about, one per cause."""
    computed = asked.computed()
    found = reconciled(
        computed.inputs,
        with_postings(computed),
        asked.first,
        asked.period,
        as_of=asked.today,
        accounting=computed.accounting,
    )
    return seen_of(found.findings)


def seen_of(found: DataSet) -> list[Seen]:
    """The rows of billing findings by cause: the fee, or the obligation, and the reason."""
    causes: defaultdict[Cause, list[dict[str, object]]] = defaultdict(list)
    for row in records_of(found):
        subject = "/".join(filter(None, (str(row["obligation"]), str(row["consideration"]))))
        cause = Cause(
            check=THREE_WAY,
            reason=str(row["reason"]),
            contract=str(row["contract"]),
            subject=subject,
        )
        causes[cause].append(row)
    seen = []
    for cause, rows in causes.items():
        days = [day for row in rows if isinstance(day := row["since"], date)]
        amount = sum((Decimal(str(row["amount"])) for row in rows), Decimal(0))
        seen.append(
            Seen(
                cause=cause,
                customer=str(rows[0]["customer"]),
                currency=str(rows[0]["currency"]),
                amount=amount or Decimal(str(rows[0]["amount"])),
                since=min(days),
                first_period=min(str(row["service_month"]) for row in rows),
                sentence=_first_of([str(row["sentence"]) for row in rows]),
                remedy=str(rows[0]["remedy"]),
            )
        )
    return seen


def _cash(asked: _Asked) -> list[Seen]:
    """Cash of every contract against its invoices."""
    book = asked.computed().inputs.book
    days = int(elected(asked.tx, "invoices_due").removesuffix("_days"))
    return cash_findings(book, asked.period.calendar, as_of=asked.today, days=days)


def _first_of(sentences: Sequence[str]) -> str:
    more = len(sentences) - 1
    return sentences[0] + (f" And {more:,} more." if more else "")


_CHECKS: Mapping[str, Callable[[_Asked], list[Seen]]] = {
    DOCUMENTS: _documents,
    METERING: _metering,
    CONTRACTS: _contracts,
    THREE_WAY: _three_way,
    CASH: _cash,
}
