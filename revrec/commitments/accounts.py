"""Accounts: who draws on what. A contract has one, and contracts of a pool have one together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from revrec.commitments.lots import (
    ROLLED_OVER,
    Held,
    Meters,
    each_time,
    lot_of,
    price_of,
    scale_of,
)
from revrec.drawing.draw import Beyond, Drawing
from revrec.drawing.lot import Lot
from revrec.errors import FeedError
from revrec.model.commitment import Commitment, CommitmentAmendment
from revrec.model.credit import (
    CreditAdjustment,
    CreditGrant,
    CreditPool,
    CreditTransfer,
    DrawFirst,
    TopUpRule,
)
from revrec.model.credit_book import CreditBook
from revrec.money import atoms
from revrec.periods import FOREVER
from revrec.rating.grants import Standing, rank

_ORDERS = {
    "first_to_lapse": (DrawFirst.EARLIEST_EXPIRY, DrawFirst.EARLIEST_EFFECTIVE),
    "first_bought": (DrawFirst.EARLIEST_EFFECTIVE, DrawFirst.EARLIEST_EXPIRY),
}
"""Election ``credits_drawn`` -> what follows the priority."""


@dataclass(slots=True)
class Moved:
    """A transfer, and what there was to be given."""

    transfer: CreditTransfer
    atoms: int


@dataclass(slots=True, kw_only=True)
class Account:
    """Contracts, what they draw on together, and what happens to it."""

    id: str
    contracts: tuple[str, ...]
    order: tuple[DrawFirst, ...]
    beyond: Beyond = Beyond.INVOICED
    held: dict[str, Held] = field(default_factory=dict)
    rules: list[TopUpRule] = field(default_factory=list)
    happenings: list[tuple[date, Callable[[Drawing], object]]] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    def drawing(self) -> Drawing:
        """The account before anything was used."""
        begin = [each.lot for each in self.held.values() if not each.rolled_over]
        drawing = Drawing(begin, beyond=self.beyond)
        for on, what in self.happenings:
            drawing.happen(on.toordinal(), lambda what=what: what(drawing))  # type: ignore[misc]
        return drawing


def accounts_of(
    book: CreditBook, meters: Meters, credits_drawn: str
) -> tuple[list[Account], dict[str, FeedError]]:
    """Accounts by id, and those that contradict themselves with the reason.

    ``credits_drawn`` is the policy's election for accounts that tell no order of their own.
    """
    pool_of, refused = _pools(book)
    by_account: dict[str, set[str]] = {}
    for contract in book.holders | pool_of.keys():
        name = pool_of[contract].id if contract in pool_of else contract
        by_account.setdefault(name, set()).add(contract)
    refused |= _strays(book, by_account)
    pools = {pool.id: pool for pool in book.pools}
    parts = _parts(book, by_account, meters)
    found: list[Account] = []
    for name, contracts in sorted(by_account.items()):
        if name in refused:
            continue
        own = pools.get(name)
        account = Account(
            id=name,
            contracts=tuple(sorted(contracts)),
            order=(own.order if own else ())
            or (DrawFirst.LOWEST_PRIORITY, *_ORDERS[credits_drawn]),
            beyond=own.beyond if own else Beyond.INVOICED,
        )
        try:
            _hold(account, parts[name])
            _change(account, parts[name])
        except FeedError as error:
            refused[name] = error
        else:
            found.append(account)
    return found, refused


def _parts(
    book: CreditBook, by_account: Mapping[str, set[str]], meters: Meters
) -> dict[str, CreditBook]:
    """What is told of each account, in a stable order."""
    account_of = {each: name for name, members in by_account.items() for each in members}
    parts = {name: CreditBook() for name in by_account}
    held: list[CreditGrant | TopUpRule | Commitment] = [
        *book.grants,
        *book.rules,
        *book.commitments,
    ]
    changes: list[CreditAdjustment | CommitmentAmendment] = [*book.adjustments, *book.amendments]
    for each in sorted(held, key=lambda each: each.id):
        parts[account_of[each.contract]].add(each)
    for change in sorted(changes, key=lambda each: (each.on, each.id)):
        if change.contract in account_of:
            parts[account_of[change.contract]].add(change)
    for transfer in sorted(book.transfers, key=lambda each: (each.on, each.id)):
        if transfer.pool in parts:
            parts[transfer.pool].add(transfer)
    own: dict[str, dict[tuple[str, str], frozenset[str]]] = {name: {} for name in parts}
    for key, counted in meters.items():
        if key[0] in account_of:
            own[account_of[key[0]]][key] = counted
    for name, part in parts.items():
        part.meters = own[name]
    return parts


def _pools(book: CreditBook) -> tuple[dict[str, CreditPool], dict[str, FeedError]]:
    """The pool of each contract, and pools that claim a contract of another."""
    pool_of: dict[str, CreditPool] = {}
    refused: dict[str, FeedError] = {}
    holders = book.holders
    for pool in sorted(book.pools, key=lambda each: each.id):
        if pool.id in holders and pool.id not in pool.contracts:
            refused[pool.id] = FeedError(
                f"The pool {pool.id} has the name of a contract that is not of it.",
                remedy="Give the pool a name of its own.",
            )
        for contract in pool.contracts:
            other = pool_of.setdefault(contract, pool)
            if other is not pool:
                refused[pool.id] = FeedError(
                    f"Contract {contract} is of the pools {other.id} and {pool.id}.",
                    remedy="Let it be of one.",
                )
    return pool_of, refused


def _strays(book: CreditBook, by_account: dict[str, set[str]]) -> dict[str, FeedError]:
    """Transfers in pools, and changes under contracts, of which nothing else is told."""
    contracts = {each for members in by_account.values() for each in members}
    changes: list[CreditAdjustment | CommitmentAmendment] = [*book.adjustments, *book.amendments]
    stray = [(each.pool, each.id) for each in book.transfers if each.pool not in by_account]
    stray += [(each.contract, each.id) for each in changes if each.contract not in contracts]
    return {
        place: FeedError(
            f"{name!r} is about {place}, in which nothing is held.",
            remedy="Tell the grant, commitment or pool it is about, or correct the name.",
        )
        for place, name in stray
    }


def _hold(account: Account, part: CreditBook) -> None:
    """Put into an account what is held in it."""
    promised: list[CreditGrant | Commitment] = [*part.grants, *part.commitments]
    for each in promised:
        for time, named in each_time(each):
            for held in lot_of(time, part.meters, account.order, named):
                if held.lot.name in account.held:
                    raise FeedError(
                        f"Two credits or commitments are named {held.lot.name!r}.",
                        remedy="Give each a name of its own.",
                    )
                account.held[held.lot.name] = held
    account.rules = part.rules
    _nest(account)


def _change(account: Account, part: CreditBook) -> None:
    """Put into an account what happens to what is held in it."""
    for adjustment in part.adjustments:
        _adjust(account, adjustment)
    for amendment in part.amendments:
        _amend(account, amendment)
    for transfer in part.transfers:
        _transfer(account, transfer)


def _known(account: Account, name: str, by: str) -> Held:
    if name not in account.held:
        raise FeedError(
            f"{by!r} is about {name!r}, which is not held by {account.id}.",
            remedy="Name a grant or commitment; one that recurs with the first day of the time.",
        )
    return account.held[name]


def _adjust(account: Account, adjustment: CreditAdjustment) -> None:
    held = _known(account, adjustment.grant, adjustment.id)
    lot, day = held.lot, adjustment.on.toordinal()
    if adjustment.amount is not None:
        by = atoms(adjustment.amount, scale_of(held.of.counted_in))
        account.happenings.append((adjustment.on, lambda drawing: drawing.adjust(lot, by)))
        return
    for part in (held, account.held.get(held.origin + ROLLED_OVER)):
        if part is not None and day < part.lot.end:
            part.lot.end, part.voided = day, adjustment.on
            part.lot.into = None


def _amend(account: Account, amendment: CommitmentAmendment) -> None:
    held = _known(account, amendment.commitment, amendment.id)
    if not isinstance(held.of, Commitment):
        raise FeedError(
            f"{amendment.id!r} amends the grant {amendment.commitment!r}.",
            remedy="Correct a grant with a credit_adjustment.",
        )
    held.amendments.append(amendment)
    lot, scale = held.lot, scale_of(held.of.counted_in)
    standing = Standing(
        name=held.origin,
        first=lot.first,
        end=(amendment.last_day or FOREVER).toordinal() + 1,
        created=lot.first,
        unit_cost=Fraction(price_of(held.of)),
        priority=held.of.priority,
        products=len(lot.takes),
    )

    def happen(drawing: Drawing) -> None:
        if amendment.last_day is not None:
            _reterm(drawing, account, lot, standing.end, rank(account.order, standing))
        if amendment.amount is not None:
            drawing.adjust(lot, atoms(amendment.amount, scale) - lot.amount - lot.adjusted)

    account.happenings.append((amendment.on, happen))


def _reterm(drawing: Drawing, account: Account, lot: Lot, end: int, place: tuple[Any, ...]) -> None:
    """Give a lot another end and place; what is within a commitment stays before it."""
    inner = [held.lot.rank for held in account.held.values() if held.lot.within is lot]
    place = max([place, *map(_after, inner)])
    drawing.reterm(lot, end, place)
    outer = lot.within
    if outer is not None and outer.rank <= place and not outer.ended:
        _reterm(drawing, account, outer, outer.end, outer.rank)


def _nest(account: Account) -> None:
    """Let what is used of a commitment count to the one it is within, which is drawn after it."""
    commitments = [
        each
        for each in account.held.values()
        if isinstance(each.of, Commitment) and each.of.within and not each.rolled_over
    ]
    for held in commitments:
        outer = _known(account, held.of.within or "", held.origin)  # type: ignore[union-attr]
        held.lot.within = outer.lot
    for held in commitments:
        seen: list[Lot] = []
        lot: Lot | None = held.lot
        while lot is not None:
            if lot in seen:
                raise FeedError(
                    "Commitments lie within each other in a ring.",
                    remedy="Let one be the outermost.",
                )
            if seen and lot.rank <= seen[-1].rank:
                lot.rank = _after(seen[-1].rank)
            seen.append(lot)
            lot = lot.within


def _after(place: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place right behind another."""
    return (*place, 1)


def _transfer(account: Account, transfer: CreditTransfer) -> None:
    strangers = {transfer.giver, transfer.taker} - {"", *account.contracts}
    if strangers or transfer.giver == transfer.taker or transfer.amount < 0:
        raise FeedError(
            f"{transfer.id!r} gives {transfer.amount} of {transfer.giver or 'what all share'} to "
            f"{transfer.taker or 'what all share'} in the pool {account.id}.",
            remedy="Name two contracts of the pool, or one, and an amount above 0.",
        )
    named = {name for grant in transfer.grants for name in (grant, grant + ROLLED_OVER)}
    for grant in transfer.grants:
        _known(account, grant, transfer.id)
    only = frozenset(
        name
        for name, held in account.held.items()
        if held.of.counted_in is transfer.counted_in and (not named or name in named)
    )
    moved = Moved(transfer, 0)
    account.moved.append(moved)
    wanted = atoms(transfer.amount, scale_of(transfer.counted_in))

    def happen(drawing: Drawing) -> None:
        if only:
            moved.atoms = drawing.move(transfer.giver, transfer.taker, wanted, only)

    account.happenings.append((transfer.on, happen))
