"""An explanation as one model: whatever is asked about, rendered as JSON, text and workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from revrec.audit.workings import Working
from revrec.model.decision import Decision
from revrec.money import Money


class Subject(StrEnum):
    """What is explained."""

    POSTING = "posting"
    CONTRACT = "contract"
    OBLIGATION = "obligation"
    PERIOD = "period"
    LINE = "line"
    FACT = "fact"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision by its number among those of its contract."""

    number: int
    decision: Decision
    rests: bool
    """Whether what is asked about rests on it."""
    told_before: bool
    """Whether the close before knew it with the same outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A fact, or a day of usage, with where it stands in the books."""

    name: str
    """Kind and key; the source, meter and day of usage."""
    digest: str
    """SHA-256 of its content; of usage, of the sums of the day's rows."""
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    seq: int | None = None
    """Its number among all facts; none of usage."""
    version: int = 1
    since_last_close: bool = False
    """Whether it arrived after the close before."""
    tells: str = ""
    """Its amount or quantity, where that is all it tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who stands behind what."""

    what: str
    prepared_by: str
    approved_by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An amount beside that of the period before, and what changed it."""

    name: str
    before: Money
    after: Money
    why: str

    @property
    def change(self) -> Money:
        """After less before."""
        return Money(self.after.minor - self.before.minor, self.after.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A posting, by the row key under which workbooks and commands know it, and what it holds."""

    posting: str
    period: str
    amount: Money
    of_it: Money | None = None
    """What a fact gave of it; none where no fact is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The state of the books that an explanation reads."""

    known_at: datetime
    fact_seq: int
    usage_version: int | None
    engine_version: str
    book: str
    """The framework of the book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is asked about, followed to its facts and paragraphs."""

    subject: Subject
    name: str
    title: str
    day: date
    known: Known
    amounts: Mapping[str, Money]
    """The numbers asked about, by name."""
    decisions: Sequence[Made] = ()
    workings: Sequence[Working] = ()
    facts: Sequence[Evidence] = ()
    approvals: Sequence[Approval] = ()
    changes: Sequence[Change] = ()
    postings: Sequence[Touched] = ()
    notes: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether every working gives what the books hold."""
        return not any(each.difference for each in self.workings)
