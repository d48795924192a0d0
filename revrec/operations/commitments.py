"""Credits and commitments: where they stand, and the documents that reconcile their bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from revrec.commitments.position import Position, position_of
from revrec.disclosure.burn_down import burn_down, burn_down_tie_outs, draw_ledger
from revrec.errors import FeedError, NotFound
from revrec.feeds.book import book_of
from revrec.feeds.records import to_fact
from revrec.model.credit import CreditGrant
from revrec.model.credit_book import CreditBook
from revrec.model.dataset import DataSet, TieOut
from revrec.model.events import CreditMemo, Invoice
from revrec.model.fact import Fact, FactKind
from revrec.operations.facts import recording
from revrec.operations.workspace import Workspace
from revrec.periods import Period, day_before
from revrec.store import calendars, entities, facts
from revrec.store.entities import Entity
from revrec.store.facts import Recorded
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.ledger import TABLE


def position(
    workspace: Workspace,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    contract: str | None = None,
) -> Position:
    """Credits and commitments at the end of a day, yesterday if left out.

    From the facts and the usage recorded by ``known_at``, from all if left out. ``contract``
    narrows to the account that the contract draws on.

    Raises NotFound if nothing is held by the contract, FeedError for a moment without a zone.
    """
    return workspace.run(
        lambda tx: positioned(
            tx, workspace.lake, as_of=as_of, known_at=known_at, contract=contract
        ),
        read_only=True,
    )


def positioned(
    tx: Transaction,
    lake: Lake,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    contract: str | None = None,
) -> Position:
    """The same within a transaction of the caller's."""
    if known_at is not None and known_at.tzinfo is None:
        raise FeedError(f"{known_at} has no time zone.", remedy="Write it as 2026-03-31T23:59:59Z.")
    day = as_of or day_before(tx.now.date())
    through = None if known_at is None else facts.seq_at(tx, known_at)
    book, _ = book_of(each.fact for each in facts.read(tx, through_seq=through))
    daily = rollup.daily(
        rollup.cells(tx, lake),
        contracts=sorted(_drawing(book.credits, contract)),
        through=day,
        known_at=known_at,
        entity=tx.entity,
    )
    found = position_of(book, daily, day, contract)
    if contract is not None and not found.burned and contract not in found.refused:
        raise NotFound(
            f"Nothing is granted or committed to under {contract}.",
            remedy="Record a credit_grant or a commitment, or name another contract.",
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReport:
    """Credits and commitments at the end of a day as tables, with what they were computed from."""

    entity: Entity
    period: Period
    """The accounting period of the day."""
    position: Position
    known_at: datetime
    prepared_by: str
    fact_seq: int
    usage_version: int | None

    @property
    def datasets(self) -> Sequence[DataSet]:
        """The credit ledger and the commitments, where there are any, and the draws."""
        entity = self.entity.id
        return [*burn_down(self.position, entity), draw_ledger(self.position, entity)]

    @property
    def tie_outs(self) -> Sequence[TieOut]:
        """What was paid for credits against what became of it."""
        return list(burn_down_tie_outs(self.position))


def position_report(
    workspace: Workspace,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    contract: str | None = None,
) -> PositionReport:
    """What ``position`` gives, as tables for a workbook."""

    def read(tx: Transaction) -> PositionReport:
        found = positioned(tx, workspace.lake, as_of=as_of, known_at=known_at, contract=contract)
        return PositionReport(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            period=calendars.calendar(tx).of(found.as_of),
            position=found,
            known_at=known_at or tx.now,
            prepared_by=tx.actor,
            fact_seq=facts.last_seq(tx) if known_at is None else facts.seq_at(tx, known_at),
            usage_version=workspace.lake.committed_version(tx, TABLE),
        )

    return workspace.run(read, read_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What settled the bills of credits and commitments by a day."""

    as_of: date
    records: tuple[Fact, ...]
    """Credits bought by rules, invoices and credit memos, as they are recorded."""
    recorded: Recorded
    refused: Mapping[str, FeedError]
    """Account -> why it cannot be drawn down; the others are settled."""


def settling(
    tx: Transaction, lake: Lake, *, as_of: date | None = None, contract: str | None = None
) -> Settled:
    """Record what reconciles the bills of a period with what is due: true-ups, use, overage.

    The documents are those that ``position`` proposes; recorded, nothing differs any more, so that
    it settles once. What is learned later about the period is settled by a further document.
    """
    found = positioned(tx, lake, as_of=as_of, contract=contract)
    records = records_of(found)
    recorded = recording(tx, records, source=f"settlement as of {found.as_of}")
    return Settled(
        as_of=found.as_of, records=records, recorded=recorded, refused=dict(found.refused)
    )


def settle(
    workspace: Workspace, *, as_of: date | None = None, contract: str | None = None
) -> Settled:
    """Settle the bills of credits and commitments at the end of a day, yesterday if left out.

    Raises NotFound if nothing is held by the contract.
    """
    return workspace.run(lambda tx: settling(tx, workspace.lake, as_of=as_of, contract=contract))


def records_of(found: Position) -> tuple[Fact, ...]:
    """What would settle the bills, as facts: credits bought by rules, invoices, credit memos."""
    told: list[CreditGrant | Invoice | CreditMemo] = list(found.bought())
    told += [document for each in found.reconciling() for document in each.documents]
    return tuple(to_fact(FactKind(each.kind), each) for each in told)


def _drawing(told: CreditBook, contract: str | None) -> set[str]:
    """Contracts that draw on anything, or those that may share the account of one."""
    pooled = [set(pool.contracts) for pool in told.pools]
    if contract is None:
        return told.holders.union(*pooled)
    return {contract}.union(*(members for members in pooled if contract in members))
