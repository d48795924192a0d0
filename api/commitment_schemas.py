"""Credits and commitments over the wire. Counts and money are decimal strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from api.schemas import Page, Wire
from revrec.commitments.documents import Reconciling
from revrec.commitments.position import Position
from revrec.errors import FeedError
from revrec.feeds.records import to_fact
from revrec.model.commitment import CommitmentForm
from revrec.model.contract import CountedIn
from revrec.model.credit import CreditGrant
from revrec.model.events import CreditMemo, Invoice
from revrec.model.fact import FactKind
from revrec.money import from_minor
from revrec.operations.commitments import Settled

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DecimalText = Annotated[str, Field(examples=["1200.00"], pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
Currency = Annotated[str, Field(examples=["USD"], description="ISO 4217.")]


class _Wire(Wire):
    @classmethod
    def of(cls, row: DataclassInstance) -> Self:
        """The wire form of a row."""
        return cls(**{each.name: _text(getattr(row, each.name)) for each in fields(row)})


class CreditLot(_Wire):
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
    counted_in: CountedIn
    currency: Currency
    priority: int
    """The lower number is drawn first."""
    first_day: date
    last_day: date | None
    granted: DecimalText
    corrected: DecimalText
    """Added or taken away by corrections."""
    drawn: DecimalText
    expired: DecimalText
    voided: DecimalText
    rolled_over: DecimalText
    """What of it goes on as another lot."""
    raised: DecimalText
    """What a floor added to that."""
    remaining: DecimalText
    set_aside: dict[str, DecimalText]
    """Contract -> what of the remaining only it may use."""
    cost_basis: DecimalText
    """What was paid for all that follows from the grant."""
    worth_drawn: DecimalText
    worth_remaining: DecimalText
    worth_lapsed: DecimalText
    """Paid for what expired or was voided."""


class CreditTransferred(_Wire):
    """A transfer within a pool."""

    account: str
    transfer: str
    on: date
    giver: str
    """Empty for what all share."""
    taker: str
    asked: DecimalText
    given: DecimalText
    """At most what the giver had left."""


class CreditDrawn(_Wire):
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
    quantity: DecimalText
    amount: DecimalText
    worth: DecimalText
    """What was paid for it."""
    currency: Currency


class CommitmentState(_Wire):
    """A commitment at the end of a day."""

    account: str
    contract: str
    customer: str
    region: str
    commitment: str
    form: CommitmentForm
    within: str | None
    counted_in: CountedIn
    currency: Currency
    first_day: date
    last_day: date | None
    amount: DecimalText
    """As amended by then."""
    price: DecimalText
    consumed: DecimalText
    """By its own use and that of commitments within it."""
    remaining: DecimalText
    rolled_over: DecimalText
    lapsed: DecimalText
    exceeded: DecimalText
    """Use that was beyond it."""
    days_left: int | None
    expected_percent: DecimalText | None
    """Of an even course from the first day to the last."""
    actual_percent: DecimalText | None
    projected: DecimalText | None
    """Use by the last day if it goes on as it did on average."""
    shortfall_projected: DecimalText | None
    overage_projected: DecimalText | None
    exhausted_on: date | None
    """The day on which it was used up, or will be at the average so far."""
    true_up_on: date | None
    shortfall: DecimalText
    """What is missing so far."""
    true_up: DecimalText
    """What is owed for that, once the day of the true-up has come."""


class AccountRefused(_Wire):
    """An account that contradicts itself."""

    account: str
    message: str
    """Why, and what to do."""


class CreditPage(Page[CreditLot], use_attribute_docstrings=True):
    """Lots of credits at the end of a day, a page of them."""

    as_of: date
    transfers: list[CreditTransferred]
    """All there were by the day."""
    refused: list[AccountRefused]
    """Accounts that are left out."""


class DrawPage(Page[CreditDrawn], use_attribute_docstrings=True):
    """Draws by the end of a day, a page of them."""

    as_of: date
    refused: list[AccountRefused]
    """Accounts that are left out."""


class CommitmentPage(Page[CommitmentState], use_attribute_docstrings=True):
    """Commitments at the end of a day, a page of them."""

    as_of: date
    refused: list[AccountRefused]
    """Accounts that are left out."""


class Reconciled(_Wire):
    """What is due beside what was billed under a consideration of a contract."""

    contract: str
    consideration: str | None
    currency: Currency
    due: DecimalText
    agreed: DecimalText
    """Due, and what is agreed for later days."""
    billed: DecimalText
    difference: DecimalText
    """To be billed, or below 0 to be credited."""
    reasons: list[str]
    """What is due, part by part."""
    documents: list[dict[str, Any]]
    """Proposed records, to be recorded as facts by who approves them."""

    @classmethod
    def told(cls, each: Reconciling) -> Reconciled:
        """The wire form, with documents as records."""
        money = {
            name: f"{from_minor(getattr(each, name), each.currency):f}"
            for name in ("due", "agreed", "billed", "difference")
        }
        return cls(
            contract=each.contract,
            consideration=each.consideration,
            currency=each.currency,
            reasons=list(each.reasons),
            documents=records_of(each.documents),
            **money,
        )


class ReconciledPage(Page[Reconciled], use_attribute_docstrings=True):
    """Bills of credits and commitments by the end of a day, a page of them."""

    as_of: date
    bought: list[dict[str, Any]]
    """Credits bought by a rule, as proposed records of kind `credit_grant`."""
    refused: list[AccountRefused]
    """Accounts that are left out."""


class SettlementRequested(Wire):
    """Which bills are settled."""

    as_of: date | None = Field(default=None, examples=["2026-03-31"])
    """The day by which; yesterday if left out."""
    contract: str | None = Field(default=None, examples=["C-1"])
    """Only the account this contract draws on."""


class SettlementRecorded(_Wire):
    """What was recorded to settle the bills."""

    as_of: date
    records: list[dict[str, Any]]
    """Invoices, credit memos, and credits bought by rules."""
    refused: list[AccountRefused]

    @classmethod
    def told(cls, done: Settled) -> SettlementRecorded:
        """The wire form, with documents as records."""
        return cls(
            as_of=done.as_of,
            records=[{"kind": each.kind.value, **each.body} for each in done.records],
            refused=_refused(done.refused),
        )


def records_of(told: Iterable[Invoice | CreditMemo | CreditGrant]) -> list[dict[str, Any]]:
    """Records as they are to be recorded."""
    facts = [to_fact(FactKind(each.kind), each) for each in told]
    return [{"kind": fact.kind.value, **fact.body} for fact in facts]


def refused_in(found: Position) -> list[AccountRefused]:
    """Accounts that contradict themselves."""
    return _refused(found.refused)


def _refused(errors: Mapping[str, FeedError]) -> list[AccountRefused]:
    return [AccountRefused(account=name, message=str(error)) for name, error in errors.items()]


def _text(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _text(each) for name, each in value.items()}
    return f"{value:f}" if isinstance(value, Decimal) else value
