"""Credits and commitments: what is left, what was drawn, what is to be billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.client.calls import PAGE, Call, Listing, Operation, Paged, at, get, post, told


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRefused:
    """An account that contradicts itself."""

    account: str
    message: str
    """Why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLot:
    """A lot of granted credits at the end of a day."""

    account: str
    """The pool, or the contract that draws alone."""
    contract: str
    """Under which it was granted."""
    customer: str
    region: str
    grant: str
    """Name of the lot."""
    origin: str
    """The grant it follows from; another name where it is what rolled over."""
    promotional: bool
    """Whether nothing was paid for it."""
    counted_in: str
    currency: str
    """ISO 4217."""
    priority: int
    """The lower number is drawn first."""
    first_day: date
    last_day: date | None
    granted: Decimal
    corrected: Decimal
    """Added or taken away by corrections."""
    drawn: Decimal
    expired: Decimal
    voided: Decimal
    rolled_over: Decimal
    """What of it goes on as another lot."""
    raised: Decimal
    """What a floor added to that."""
    remaining: Decimal
    set_aside: dict[str, str]
    """Contract -> what of the remaining only it may use."""
    cost_basis: Decimal
    """What was paid for all that follows from the grant."""
    worth_drawn: Decimal
    worth_remaining: Decimal
    worth_lapsed: Decimal
    """Paid for what expired or was voided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """A transfer within a pool."""

    account: str
    transfer: str
    on: date
    giver: str
    """Empty for what all share."""
    taker: str
    asked: Decimal
    given: Decimal
    """At most what the giver had left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a lot gave for the use of a contract's meter on a day."""

    account: str
    grant: str
    """Name of the lot; empty for use that belongs to none."""
    day: date
    contract: str
    """Who used it."""
    customer: str
    region: str
    meter: str
    covered: bool
    """Whether the lot gave for it; else it is beyond all lots."""
    quantity: Decimal
    amount: Decimal
    worth: Decimal
    """What was paid for it."""
    currency: str
    """ISO 4217."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A commitment at the end of a day."""

    account: str
    contract: str
    customer: str
    region: str
    commitment: str
    form: str
    within: str | None
    counted_in: str
    currency: str
    """ISO 4217."""
    first_day: date
    last_day: date | None
    amount: Decimal
    """As amended by then."""
    price: Decimal
    consumed: Decimal
    """By its own use and that of commitments within it."""
    remaining: Decimal
    rolled_over: Decimal
    lapsed: Decimal
    exceeded: Decimal
    """Use that was beyond it."""
    days_left: int | None
    expected_percent: Decimal | None
    """Of an even course from the first day to the last."""
    actual_percent: Decimal | None
    projected: Decimal | None
    """Use by the last day if it goes on as it did on average."""
    shortfall_projected: Decimal | None
    overage_projected: Decimal | None
    exhausted_on: date | None
    """The day on which it was used up, or will be at the average so far."""
    true_up_on: date | None
    shortfall: Decimal
    """What is missing so far."""
    true_up: Decimal
    """What is owed for that, once the day of the true-up has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What is due beside what was billed under a consideration of a contract."""

    contract: str
    consideration: str | None
    currency: str
    """ISO 4217."""
    due: Decimal
    agreed: Decimal
    """Due, and what is agreed for later days."""
    billed: Decimal
    difference: Decimal
    """To be billed, or below 0 to be credited."""
    reasons: list[str]
    """What is due, part by part."""
    documents: list[dict[str, Any]]
    """Proposed records, to be recorded as facts by who approves them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRecorded:
    """What was recorded to settle the bills."""

    as_of: date
    records: list[dict[str, Any]]
    """Invoices, credit memos, and credits bought by rules."""
    refused: list[AccountRefused]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPage:
    """Lots of credits at the end of a day, a page of them."""

    records: list[CreditLot]
    """In the order of the list."""
    as_of: date
    transfers: list[CreditTransfer]
    """All there were by the day."""
    refused: list[AccountRefused]
    """Accounts that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPage:
    """Draws by the end of a day, a page of them."""

    records: list[Draw]
    """In the order of the list."""
    as_of: date
    refused: list[AccountRefused]
    """Accounts that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPage:
    """Commitments at the end of a day, a page of them."""

    records: list[Commitment]
    """In the order of the list."""
    as_of: date
    refused: list[AccountRefused]
    """Accounts that are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciledPage:
    """Bills of credits and commitments by the end of a day, a page of them."""

    records: list[Reconciled]
    """In the order of the list."""
    as_of: date
    bought: list[dict[str, Any]]
    """Credits bought by a rule, as proposed records of kind credit_grant."""
    refused: list[AccountRefused]
    """Accounts that are left out."""


def _lots(page: CreditPage) -> Sequence[CreditLot]:
    return page.records


def _draws(page: DrawPage) -> Sequence[Draw]:
    return page.records


def _commitments(page: CommitmentPage) -> Sequence[Commitment]:
    return page.records


def _reconciled(page: ReconciledPage) -> Sequence[Reconciled]:
    return page.records


class CommitmentOperations:
    """Credits and commitments at the end of a day, the last one if left out.

    An account that contradicts itself is left out of a list and told by its pages:
    ``send(calls.list_credits().first).value.refused``.
    """

    @Paged
    def list_credits(
        self,
        *,
        as_of: date | None = None,
        contract: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[CreditLot]:
        """Lots of granted credits, with what is left of each."""
        call = get(
            at("credits"),
            CreditPage,
            as_of=as_of,
            contract=contract,
            known_at=known_at,
            limit=PAGE,
        )
        return Listing(first=call, items=_lots)

    @Paged
    def list_credit_draws(
        self,
        *,
        as_of: date | None = None,
        contract: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[Draw]:
        """What each lot gave for the use of each day."""
        call = get(
            at("credits", "draws"),
            DrawPage,
            as_of=as_of,
            contract=contract,
            known_at=known_at,
            limit=PAGE,
        )
        return Listing(first=call, items=_draws)

    @Paged
    def list_commitments(
        self,
        *,
        as_of: date | None = None,
        contract: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[Commitment]:
        """Commitments, with what was used of each and where it is headed."""
        call = get(
            at("commitments"),
            CommitmentPage,
            as_of=as_of,
            contract=contract,
            known_at=known_at,
            limit=PAGE,
        )
        return Listing(first=call, items=_commitments)

    @Paged
    def reconcile_commitments(
        self,
        *,
        as_of: date | None = None,
        contract: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[Reconciled]:
        """What is due under credits and commitments beside what was billed."""
        call = get(
            at("commitments", "reconciliation"),
            ReconciledPage,
            as_of=as_of,
            contract=contract,
            known_at=known_at,
            limit=PAGE,
        )
        return Listing(first=call, items=_reconciled)

    @Operation
    def settle_commitments(
        self, *, as_of: date | None = None, contract: str | None = None
    ) -> Call[SettlementRecorded]:
        """Record the bills and credit memos that are due; again, there are none."""
        body = told(as_of=as_of, contract=contract)
        return post(at("commitments", "settlements"), SettlementRecorded, body)
