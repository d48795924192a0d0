"""What is sent of explanations: the one model that commands and workbooks render too."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.schemas import Amount, Count, PeriodText, Wire
from revrec.audit.explanation import Explanation as Found
from revrec.audit.telling import explanation_data


class KnownState(Wire):
    """The state of the books that was read."""

    known_at: datetime
    fact_seq: Count
    """Facts 1 to this number."""
    usage_version: int | None = Field(examples=[12])
    """Version of the usage ledger; none while it is empty."""
    engine_version: str
    book: str = Field(examples=["ASC 606"])


class DecisionExplained(Wire):
    """A decision of the five steps, with what it rests on."""

    number: Count
    step: int = Field(ge=0, le=5)
    """Step of the model; 0 for contract costs."""
    rule: str = Field(examples=["allocate"])
    paragraphs: list[str] = Field(examples=[["606-10-32-31"]])
    on: date
    inputs: dict[str, str]
    outcome: str
    sentence: str
    rests: bool
    """Whether what is asked about rests on it."""
    told_before: bool
    """Whether the close before knew it with the same outcome."""


class OperandOfLine(Wire):
    """A line before, and the sign with which it counts."""

    line: int = Field(ge=1)
    sign: int = Field(examples=[1, -1])


class WorkingLine(Wire):
    """A number with where it comes from."""

    number: int = Field(ge=1)
    name: str
    amount: str = Field(examples=["1200.00"])
    """Decimal with the currency's decimals."""
    operation: str = Field(examples=["share"])
    """``told``, ``sum``, ``share`` (rounded once, half to even), ``greatest`` or ``least``."""
    operands: list[OperandOfLine]
    numerator: str = Field(examples=["31"])
    """Of a share, in lowest terms."""
    denominator: str = Field(examples=["365"])
    formula: str
    """What was done, with the values it was done with."""
    rests_on: str


class WorkingShown(Wire):
    """How a number was computed; the last line is the result."""

    title: str
    currency: str
    posted: str | None = Field(examples=["1200.00"])
    """What the books hold; none where nothing is posted of it."""
    result: str
    difference: str
    """Posted less the result: zero."""
    rounding: str = Field(examples=["-1/300"])
    """Of the result, what rounding gave, as an exact ratio."""
    lines: list[WorkingLine]


class EvidenceShown(Wire):
    """A fact, or a day of usage."""

    name: str = Field(examples=["invoice INV-1"])
    digest: str
    """SHA-256 of its content."""
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    seq: int | None
    version: int
    since_last_close: bool
    """Whether it arrived after the close before."""
    tells: str


class ApprovalShown(Wire):
    """Who stands behind what."""

    what: str
    prepared_by: str
    approved_by: str
    at: datetime
    why: str


class ChangeShown(Wire):
    """An amount beside that of the period before."""

    name: str
    before: Amount
    after: Amount
    change: Amount
    why: str


class PostingTouched(Wire):
    """A posting, by its row key in the journal detail."""

    posting: str
    period: PeriodText
    amount: Amount
    of_it: Amount | None
    """What the fact that is asked about gave of it."""


class FullExplanation(Wire):
    """What is asked about, followed to its facts and paragraphs."""

    subject: str = Field(examples=["posting"])
    name: str
    title: str
    day: date
    known: KnownState
    holds: bool
    """Whether every working gives what the books hold."""
    amounts: dict[str, Amount]
    decisions: list[DecisionExplained]
    workings: list[WorkingShown]
    facts: list[EvidenceShown]
    approvals: list[ApprovalShown]
    changes: list[ChangeShown]
    postings: list[PostingTouched]
    notes: list[str]

    @classmethod
    def of(cls, found: Found) -> FullExplanation:
        """The wire form of an explanation."""
        return cls.model_validate(explanation_data(found))
