"""Accounts of a book after their use up to a day, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from revrec.commitments.accounts import accounts_of
from revrec.commitments.agreement import Agreement, agreements
from revrec.commitments.burn import Burned, burn, uses_of
from revrec.commitments.charges import charges_of
from revrec.commitments.consumption import CommitmentStanding, commitment_standings
from revrec.commitments.documents import Reconciling, reconciling
from revrec.commitments.performance import as_performed
from revrec.commitments.standing import (
    CreditStanding,
    DrawStanding,
    TransferStanding,
    credit_standings,
    draw_standings,
    transfer_standings,
)
from revrec.errors import FeedError
from revrec.model.contract import Contract
from revrec.model.credit import CreditGrant
from revrec.model.history import Book, ContractHistory
from revrec.recognition.counts import under_combined_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Credits and commitments at the end of a day; accounts that contradict themselves apart."""

    as_of: date
    book: Book
    daily: pa.Table
    """The usage that was drawn."""
    burned: tuple[Burned, ...]
    histories: Mapping[str, ContractHistory]
    refused: Mapping[str, FeedError]
    """Account -> why it cannot be drawn down."""

    @property
    def contracts(self) -> dict[str, Contract]:
        """Contracts by name; made anew each time."""
        return {name: each.contract for name, each in self.histories.items()}

    def credits(self) -> Iterator[CreditStanding]:
        """Lots of granted credits, account by account."""
        contracts = self.contracts
        for each in self.burned:
            yield from credit_standings(each, contracts, self.as_of)

    def draws(self) -> Iterator[DrawStanding]:
        """Draws, account by account and day by day."""
        contracts = self.contracts
        for each in self.burned:
            yield from draw_standings(each, contracts, self.as_of)

    def commitments(self) -> Iterator[CommitmentStanding]:
        """Commitments, account by account."""
        for each in self.burned:
            yield from commitment_standings(each, self.histories, self.as_of)

    def transfers(self) -> Iterator[TransferStanding]:
        """Transfers within pools, account by account."""
        for each in self.burned:
            yield from transfer_standings(each, self.as_of)

    def bought(self) -> Iterator[CreditGrant]:
        """Credits bought by a rule that are not told as grants yet; told, nothing changes."""
        for each in self.burned:
            for held in each.topped_up:
                if isinstance(held.of, CreditGrant):
                    yield held.of

    def agreements(self) -> Iterator[Agreement]:
        """What was drawn for obligations beside what the engine counts of them."""
        elected = self.book.policy.value("credits_drawn")
        drawn = as_performed(self.daily, self.book.credits, elected)
        counted = under_combined_names(drawn, self.book)
        return agreements(self.book, counted, self.burned, self.as_of)

    def reconciling(self) -> Iterator[Reconciling]:
        """What is due beside what was billed, with the documents that reconcile them."""
        for each in self.burned:
            charges = charges_of(each, self.histories, self.as_of)
            yield from reconciling(charges, self.histories, self.as_of)


def position_of(book: Book, daily: pa.Table, as_of: date, only: str | None = None) -> Position:
    """Draw the daily usage of every account, or of the one that a contract belongs to.

    Facts told under a contract that is not known refuse its account.
    """
    accounts, refused = accounts_of(
        book.credits, book.credits.meters, book.policy.value("credits_drawn")
    )
    histories = {**book.apart, **book.histories}
    known = []
    for account in accounts:
        strangers = sorted(set(account.contracts) - histories.keys())
        if strangers:
            refused[account.id] = FeedError(
                f"The account {account.id} is of {', '.join(strangers)}, never recorded.",
                remedy="Record the contracts, or correct the names.",
            )
        elif only is None or only in account.contracts:
            known.append(account)
    uses = uses_of(daily, known) if known else {}
    return Position(
        as_of=as_of,
        book=book,
        daily=daily,
        burned=tuple(burn(account, uses.get(account.id, []), as_of) for account in known),
        histories=histories,
        refused=refused,
    )
