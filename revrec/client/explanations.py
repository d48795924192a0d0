"""Why an amount is what it is, down to facts and paragraphs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from revrec.client.calls import Call, Operation, at, get
from revrec.client.shapes import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownState:
    """The state of the books that was read."""

    known_at: datetime
    fact_seq: int
    """Facts 1 to this number."""
    usage_version: int | None
    """Version of the usage ledger; none while it is empty."""
    engine_version: str
    book: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionExplained:
    """A decision of the five steps, with what it rests on."""

    number: int
    step: int
    """Step of the model; 0 for contract costs."""
    rule: str
    paragraphs: list[str]
    on: date
    inputs: dict[str, str]
    outcome: str
    sentence: str
    rests: bool
    """Whether what is asked about rests on it."""
    told_before: bool
    """Whether the close before knew it with the same outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperandOfLine:
    """A line before, and the sign with which it counts."""

    line: int
    sign: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingLine:
    """A number with where it comes from."""

    number: int
    name: str
    amount: Decimal
    """Decimal with the currency's decimals."""
    operation: str
    """told, sum, share (rounded once, half to even), greatest or least."""
    operands: list[OperandOfLine]
    numerator: str
    """Of a share, in lowest terms."""
    denominator: str
    formula: str
    """What was done, with the values it was done with."""
    rests_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingShown:
    """How a number was computed; the last line is the result."""

    title: str
    currency: str
    posted: Decimal | None
    """What the books hold; none where nothing is posted of it."""
    result: Decimal
    difference: Decimal
    """Posted less the result: zero."""
    rounding: str
    """Of the result, what rounding gave, as an exact ratio."""
    lines: list[WorkingLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceShown:
    """A fact, or a day of usage."""

    name: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalShown:
    """Who stands behind what."""

    what: str
    prepared_by: str
    approved_by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShown:
    """An amount beside that of the period before."""

    name: str
    before: Amount
    after: Amount
    change: Amount
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingTouched:
    """A posting, by its row key in the journal detail."""

    posting: str
    period: str
    amount: Amount
    of_it: Amount | None
    """What the fact that is asked about gave of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullExplanation:
    """What is asked about, followed to its facts and paragraphs."""

    subject: str
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


class ExplanationOperations:
    """Explanations by one model; ``book`` is the framework of the book, the first if left out."""

    @Operation
    def explain_posting(self, key: str, *, book: str | None = None) -> Call[FullExplanation]:
        """A posting, by its row key in the journal detail."""
        return get(at("explanations", "postings"), FullExplanation, key=key, book=book)

    @Operation
    def explain_contract_fully(
        self,
        contract: str,
        *,
        as_of: date,
        known_at: datetime | None = None,
        book: str | None = None,
    ) -> Call[FullExplanation]:
        """A contract on a day, with the workings of its amounts."""
        path = at("explanations", "contracts", contract)
        return get(path, FullExplanation, as_of=as_of, known_at=known_at, book=book)

    @Operation
    def explain_obligation(
        self,
        contract: str,
        obligation: str,
        *,
        as_of: date,
        known_at: datetime | None = None,
        book: str | None = None,
    ) -> Call[FullExplanation]:
        """A performance obligation on a day."""
        path = at("explanations", "contracts", contract, "obligations", obligation)
        return get(path, FullExplanation, as_of=as_of, known_at=known_at, book=book)

    @Operation
    def explain_fact(self, fact: str, *, book: str | None = None) -> Call[FullExplanation]:
        """Every posting that a fact, a line of an invoice or a day of use touched."""
        return get(at("explanations", "facts"), FullExplanation, fact=fact, book=book)

    @Operation
    def explain_period(self, period: str, *, book: str | None = None) -> Call[FullExplanation]:
        """A closed period: what changed since the one before, and why."""
        return get(at("explanations", "periods", period), FullExplanation, book=book)

    @Operation
    def explain_line(
        self,
        period: str,
        sheet: str,
        key: str,
        *,
        first: str | None = None,
        book: str | None = None,
    ) -> Call[FullExplanation]:
        """A row of a sheet of a report of periods, ``first`` to ``period``, by its row key."""
        path = at("explanations", "lines")
        given = {"period": period, "sheet": sheet, "key": key, "book": book}
        return get(path, FullExplanation, from_=first, **given)

    @Operation
    def explain_changes(
        self,
        begin: datetime,
        *,
        end: datetime | None = None,
        day: date | None = None,
        book: str | None = None,
    ) -> Call[FullExplanation]:
        """What became known between two moments, and which postings it changes."""
        path = at("explanations", "changes")
        return get(path, FullExplanation, from_=begin, to=end, day=day, book=book)
