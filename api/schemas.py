"""What goes over the wire. Money is a decimal string with its currency, never a number."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Annotated, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from revrec.asc606.combination import Proposal
from revrec.audit import explain
from revrec.model.decision import Decision
from revrec.money import Money
from revrec.operations.refused import Taken
from revrec.store.periods import PeriodClose, PeriodReopening

PERIOD_FORM = r"^((19|2[01])[0-9]{2}-|FY(19|2[01])[0-9]{2}-P)(0[1-9]|1[0-2])$"
"""A period of 1900 to 2199: a slip of the finger must not close the year 9999."""
PeriodText = Annotated[str, Field(pattern=PERIOD_FORM, examples=["2026-01", "FY2026-P01"])]
Person = Annotated[str, Field(min_length=1, max_length=100, examples=["ben"])]
Digest = Annotated[str, Field(description="SHA-256 in hexadecimal.", examples=["9f86d081884c7d65"])]
Count = Annotated[int, Field(ge=0, examples=[12])]


class Wire(BaseModel):
    """A body: its fields and no others."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


R = TypeVar("R", bound=Wire)


class Page(Wire, Generic[R]):
    """A page of a list.

    Its fields are described in place: to look for their docstrings again, for the page of each kind
    of record, would take a third of the service's start. One with fields of its own says so.
    """

    model_config = ConfigDict(use_attribute_docstrings=False)

    records: list[R] = Field(description="In the order of the list.")
    next: str | None = Field(
        default=None,
        description="Cursor of the next page; null on the last.",
        examples=["WyIvdjEvam91cm5hbCIsMTIsIjEwMCJd"],
    )


@cache
def page_of(of: type[R]) -> type[Page[R]]:
    """The page of a list of such records, `JournalEntryPage` of journal entries."""
    made = create_model(f"{of.__name__}Page", __base__=Page[of])  # type: ignore[valid-type]
    made.__doc__ = "A page of a list."
    return cast("type[Page[R]]", made)


class Amount(Wire):
    """An amount of money."""

    amount: str = Field(examples=["1200.00"], pattern=r"^-?[0-9]+(\.[0-9]+)?$")
    """Decimal with the currency's decimals."""
    currency: str = Field(examples=["USD"])
    """ISO 4217."""

    @classmethod
    def of(cls, money: Money) -> Amount:
        """The wire form of money."""
        return cls(amount=f"{money.decimal:f}", currency=money.currency)


class ErrorAt(Wire):
    """What is wrong with one field."""

    pointer: str = Field(examples=["/body/approved_by"])
    """Where: the part of the request, then the path to the field."""
    message: str = Field(examples=["Field required"])
    """Why it was refused."""


class CloseNamed(Wire):
    """A certificate, in short."""

    period: PeriodText
    ordinal: Count
    closed_at: datetime
    chain_head: Digest


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str = Field(examples=["/problems/period-not-ready"])
    """A page that explains the kind of problem."""
    title: str = Field(examples=["Period not ready"])
    """The kind of problem in words."""
    status: int = Field(ge=400, le=599, examples=[409])
    """The HTTP status."""
    detail: str = Field(examples=["2026-03 cannot be closed: the last closed period is 2026-01."])
    """What happened, with its values."""
    code: str = Field(examples=["period-not-ready"])
    """The kind of problem for machines; stable."""
    request_id: str = Field(examples=["5f0c1d2e3b4a59687766554433221100"])
    """The request in the service's log; also in the header X-Request-ID."""
    remedy: str | None = Field(default=None, examples=["Close 2026-02 next."])
    """What to do."""
    citation: str | None = Field(default=None, examples=["606-10-25-1"])
    """The paragraph of the codification it rests on."""
    errors: list[ErrorAt] | None = None
    """The fields that do not fit."""
    blockers: list[str] | None = None
    """What has to be put right first."""
    certificate: CloseNamed | None = None
    """The close that stands in the way."""


class Refusal(Wire):
    """A record that was refused and why; the others were recorded."""

    place: str = Field(examples=["record 3"])
    """Which record of the request, from 1."""
    message: str = Field(examples=["record 3: `kind` is 'bill'. Use one of: contract, ..."])
    """What is wrong with it and what to do."""
    reason: str = Field(examples=["unknown-kind"])
    """`unreadable`, `no-record`, `unknown-kind`, `does-not-fit`, `out-of-range`, `told-since`."""
    fields: list[str] = Field(examples=[["/amount"]])
    """Paths to what does not fit."""
    record: int = Field(ge=1, examples=[12])
    """Its number in quarantine."""


class FactsRecorded(Wire):
    """What became of a batch of records."""

    new: Count
    """Facts that were not known."""
    unchanged: Count
    """Facts that were known word for word."""
    corrected: Count
    """Facts that became the next version of one that was known."""
    refused: list[Refusal]
    """Records that are not facts; they stop no other, and wait in quarantine."""

    @classmethod
    def of(cls, taken: Taken) -> FactsRecorded:
        """The wire form of what became of records."""
        return cls(
            new=taken.recorded.new,
            unchanged=taken.recorded.unchanged,
            corrected=taken.recorded.corrected,
            refused=[
                Refusal(
                    place=each.rejection.place,
                    message=each.rejection.message,
                    reason=each.rejection.reason,
                    fields=list(each.rejection.fields),
                    record=each.number,
                )
                for each in taken.refused
            ],
        )


class CloseRequested(Wire):
    """The close of a period; the caller prepared it."""

    approved_by: Person
    """Who approved it; not the caller."""


class ReopenRequested(Wire):
    """The reopening of the last closed period; the caller approves it."""

    requested_by: Person
    """Who asked for it; not the caller."""
    reason: str = Field(min_length=1, max_length=1000, examples=["Invoice 17 was missing."])
    """Why; it is kept."""


class PeriodReopened(Wire):
    """A period that is open again."""

    period: PeriodText
    ordinal: Count
    """Which close of the period was reopened, from 1."""
    reopened_at: datetime
    requested_by: Person
    approved_by: Person
    reason: str

    @classmethod
    def of(cls, reopening: PeriodReopening) -> PeriodReopened:
        """The wire form of a reopening."""
        return cls(
            period=str(reopening.period),
            ordinal=reopening.ordinal,
            reopened_at=reopening.reopened_at,
            requested_by=reopening.requested_by,
            approved_by=reopening.approved_by,
            reason=reopening.reason,
        )


class PeriodListed(Wire):
    """A period that was closed at least once."""

    period: PeriodText
    status: str = Field(examples=["closed"])
    """open, closing, soft_closed or closed."""
    closed_at: datetime
    prepared_by: Person
    approved_by: Person
    chain_head: Digest


class PeriodClosed(Wire):
    """The certificate of a close."""

    period: PeriodText
    ordinal: Count
    """1 for the first close of the period, one more for each reclose."""
    closed_at: datetime
    prepared_by: Person
    approved_by: Person
    chain_seq: Count
    """The journal's last entry at the close ..."""
    chain_head: Digest
    """... and its digest, to be kept outside the books."""
    engine_version: str
    stage: str = Field(examples=["hard"])
    """soft while the cut-off may be moved, hard when closed for good."""
    totals: dict[str, object] = Field(examples=[{"contracts": 12, "postings": 84}])
    """Control totals; amounts in minor units by currency."""

    @classmethod
    def of(cls, close: PeriodClose) -> PeriodClosed:
        """The wire form of a certificate."""
        return cls(
            period=str(close.period),
            ordinal=close.ordinal,
            closed_at=close.closed_at,
            prepared_by=close.prepared_by,
            approved_by=close.approved_by,
            chain_seq=close.chain_seq,
            chain_head=close.chain_head,
            engine_version=close.engine_version,
            stage=close.stage.value,
            totals=dict(close.totals),
        )


class FlashLine(Wire):
    """What a close would post to an account."""

    event: str = Field(examples=["satisfaction"])
    account: str = Field(examples=["revenue"])
    amount: Amount
    """Debits positive, credits negative."""


class DecisionMade(Wire):
    """A decision with what it rests on."""

    on: date
    """The day it was made for."""
    step: int = Field(ge=0, le=5, examples=[4])
    """Which of the five steps; 0 for contract costs, which stand beside them."""
    rule: str
    """The function that states the rule."""
    paragraphs: list[str] = Field(examples=[["606-10-32-31"]])
    outcome: str
    sentence: str
    """Why, in words."""

    @classmethod
    def of(cls, decision: Decision) -> DecisionMade:
        """The wire form of a decision."""
        return cls(
            on=decision.on,
            step=decision.step,
            rule=decision.rule,
            paragraphs=list(decision.paragraphs),
            outcome=decision.outcome,
            sentence=decision.sentence,
        )


class Explanation(Wire):
    """A contract on a day: facts, decisions, what was earned, balances."""

    contract: str = Field(examples=["C-0001"])
    day: date
    facts: list[str]
    decisions: list[DecisionMade]
    earned: list[str]
    """What each obligation has earned of which price, by which measure."""
    balances: dict[str, Amount]

    @classmethod
    def of(cls, told: explain.Explanation) -> Explanation:
        """The wire form of an explanation."""
        return cls(
            contract=told.contract,
            day=told.day,
            facts=list(told.facts),
            decisions=[DecisionMade.of(each) for each in told.decisions],
            earned=[str(each) for each in told.earned],
            balances={name: Amount.of(each) for name, each in told.balances.items()},
        )


class CombinationProposed(Wire):
    """Contracts that may have to be accounted for as one (606-10-25-9); a person decides."""

    customer: str
    """The customer, or the group of related parties."""
    contracts: list[str] = Field(examples=[["C-0001", "C-0002"]])
    inception_first: date
    inception_last: date
    indications: list[str] = Field(examples=[["interdependent_prices"]])
    """What the facts point to."""

    @classmethod
    def of(cls, proposal: Proposal) -> CombinationProposed:
        """The wire form of a proposal."""
        return cls(
            customer=proposal.customer,
            contracts=list(proposal.contracts),
            inception_first=proposal.inception_first,
            inception_last=proposal.inception_last,
            indications=[each.value for each in proposal.indications],
        )


class RuleCited(Wire):
    """A rule of the engine and the paragraphs it states."""

    rule: str
    paragraphs: list[str] = Field(examples=[["606-10-32-31"]])
    summary: str
