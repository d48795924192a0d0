"""Credits and commitments: where they stand, and the documents that reconcile their bills."""

from __future__ import annotations

from datetime import date, datetime

from revrec.commitments.position import Position, position_of
from revrec.errors import FeedError, NotFound
from revrec.feeds.book import book_of
from revrec.model.credit_book import CreditBook
from revrec.operations.workspace import Workspace
from revrec.periods import day_before
from revrec.store import facts
from revrec.store.transaction import Transaction
from revrec.usage import rollup


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
    if known_at is not None and known_at.tzinfo is None:
        raise FeedError(f"{known_at} has no time zone.", remedy="Write it as 2026-03-31T23:59:59Z.")

    def read(tx: Transaction) -> Position:
        day = as_of or day_before(tx.now.date())
        through = None if known_at is None else facts.seq_at(tx, known_at)
        book, _ = book_of(each.fact for each in facts.read(tx, through_seq=through))
        daily = rollup.daily(
            rollup.cells(tx, workspace.lake),
            contracts=sorted(_drawing(book.credits, contract)),
            through=day,
            known_at=known_at,
            entity=tx.entity,
        )
        return position_of(book, daily, day, contract)

    found = workspace.run(read, read_only=True)
    if contract is not None and not found.burned and contract not in found.refused:
        raise NotFound(
            f"Nothing is granted or committed to under {contract}.",
            remedy="Record a credit_grant or a commitment, or name another contract.",
        )
    return found


def _drawing(told: CreditBook, contract: str | None) -> set[str]:
    """Contracts that draw on anything, or those that may share the account of one."""
    pooled = [set(pool.contracts) for pool in told.pools]
    if contract is None:
        return told.holders.union(*pooled)
    return {contract}.union(*(members for members in pooled if contract in members))
