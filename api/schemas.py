"""What goes over the wire. Money is a decimal string with its currency, never a number."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from revrec.model.decision import Decision
from revrec.money import Money
from revrec.store.periods import PeriodClose
from revrec.usage.totals import ControlTotals


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Amount(_Wire):
    """An amount of money."""

    amount: str = Field(examples=["1200.00"])
    """Decimal with the currency's decimals."""
    currency: str = Field(examples=["USD"])
    """ISO 4217."""

    @classmethod
    def of(cls, money: Money) -> Amount:
        """The wire form of money."""
        return cls(amount=str(money.decimal), currency=money.currency)


class Refusal(_Wire):
    """A record that was refused and why; the others were recorded."""

    place: str
    message: str


class FactsRecorded(_Wire):
    """What became of a batch of records."""

    new: int
    unchanged: int
    corrected: int
    refused: list[Refusal]


class Total(_Wire):
    """Rows with hash totals of their quantities and amounts."""

    rows: int
    quantity: str
    amount: str


class BatchReceived(_Wire):
    """Control totals of a usage batch: received = accepted + duplicate + quarantined."""

    batch: str
    received: Total
    accepted: Total
    duplicate: Total
    quarantined: Total

    @classmethod
    def of(cls, totals: ControlTotals) -> BatchReceived:
        """The wire form of control totals."""

        def total(name: str) -> Total:
            each = getattr(totals, name)
            return Total(rows=each.rows, quantity=f"{each.quantity:f}", amount=f"{each.amount:f}")

        return cls(
            batch=totals.batch,
            received=total("received"),
            accepted=total("accepted"),
            duplicate=total("duplicate"),
            quarantined=total("quarantined"),
        )


class CloseRequested(_Wire):
    """The close of a period; the caller prepares it."""

    approved_by: str = Field(min_length=1, examples=["controller"])
    """Who approved it; not the caller."""


class PeriodClosed(_Wire):
    """The certificate of a close."""

    period: str
    ordinal: int
    closed_at: datetime
    prepared_by: str
    approved_by: str
    chain_seq: int
    chain_head: str
    engine_version: str
    totals: dict[str, object]

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
            totals=dict(close.totals),
        )


class FlashLine(_Wire):
    """What a close would post to an account."""

    event: str
    account: str
    amount: Amount


class JournalLine(_Wire):
    """A debit (positive) or credit (negative)."""

    account: str
    product: str
    gl_code: str
    gl_name: str
    amount: Amount


class JournalEntry(_Wire):
    """A posted entry with its place in the chain."""

    seq: int
    period: str
    origin: str
    event: str
    memo: str
    posted_at: datetime
    posted_by: str
    previous: str
    digest: str
    lines: list[JournalLine]


class DecisionMade(_Wire):
    """A decision with what it rests on."""

    on: date
    step: int
    rule: str
    paragraphs: list[str]
    outcome: str
    sentence: str

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


class Explanation(_Wire):
    """A contract on a day: facts, decisions, what was earned, balances."""

    contract: str
    day: date
    facts: list[str]
    decisions: list[DecisionMade]
    earned: list[str]
    balances: dict[str, Amount]


class RuleCited(_Wire):
    """A rule of the engine and the paragraphs it states."""

    rule: str
    paragraphs: list[str]
    summary: str
