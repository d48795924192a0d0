"""What steps 1-4 give: decisions that a person can read, and segments that step 5 computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision says; called, it gives itself, as what is put into words later does."""

    inputs: Mapping[str, str]
    outcome: str
    sentence: str
    """For a person: what was decided and why."""

    def __call__(self) -> Told:
        """Itself."""
        return self


class Decision(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One judged or derived conclusion, with what it rests on.

    Few of the many decisions of a close are ever read: ``told`` may be a function that puts one
    into words when somebody does. It must give the same words whenever it is called.
    """

    contract: str
    on: date
    step: int
    """Step of the model, 1 to 5; 0 for contract costs, which stand beside it (340-40)."""
    rule: str
    """Name of the rule function, as in the register of citations."""
    paragraphs: tuple[str, ...]
    told: Callable[[], Told]

    @property
    def inputs(self) -> Mapping[str, str]:
        """What it rests on, by name."""
        return self.told().inputs

    @property
    def outcome(self) -> str:
        """What was decided."""
        return self.told().outcome

    @property
    def sentence(self) -> str:
        """For a person: what was decided and why."""
        return self.told().sentence

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and self._content() == other._content()

    __hash__ = None  # type: ignore[assignment]

    def _content(self) -> tuple[object, ...]:
        return (self.contract, self.on, self.step, self.rule, self.paragraphs, self.told())


class Stream(StrEnum):
    """What a segment's amount becomes as it progresses; ``ledger.kinds`` gives the accounts."""

    REVENUE = "revenue"
    """Consideration earned (606-10-25-23)."""
    INTEREST_EXPENSE = "interest_expense"
    """Accretion of consideration received long before transfer (606-10-32-20)."""
    INTEREST_INCOME = "interest_income"
    """Accretion of consideration due long after transfer (606-10-32-20)."""
    REPURCHASE = "repurchase"
    """Consideration that is a financing, not a price, while a repurchase right lasts (55-68)."""
    COST_CAPITALIZED = "cost_capitalized"
    """A cost to obtain or fulfil a contract becomes an asset (340-40-25-1, 25-5)."""
    COST_EXPENSED = "cost_expensed"
    """A cost that meets no test for an asset, expensed as incurred (340-40-25-3, 25-8)."""
    COST_AMORTIZED = "cost_amortized"
    """Systematic amortisation of a contract cost asset (340-40-35-1)."""
    COST_IMPAIRED = "cost_impaired"
    """A contract cost asset beyond what it can still recover (340-40-35-3)."""
    COST_OF_SALES = "cost_of_sales"
    """Cost of goods whose control passed."""
    UNCLAIMED_PROPERTY = "unclaimed_property"
    """Paid for rights that lapsed unused and owed to a state: never revenue (606-10-55-49)."""
    NONCASH_RECEIVED = "noncash_received"
    """Consideration received in another form than cash (606-10-32-21)."""
    PURCHASE = "purchase"
    """Paid to a customer for something distinct, like to any supplier (606-10-32-26)."""
    RETURN_ASSET = "return_asset"
    """The right to recover goods expected to be returned (606-10-55-27)."""


class Progress(StrEnum):
    """How step 5 finds a segment's progress."""

    DAYS = "days"
    EVEN_MONTHS = "even_months"
    HALF_MONTH = "half_month"
    CALENDAR_MONTHS = "calendar_months"
    WHOLE_MONTHS = "whole_months"
    PRORATED_MONTHS = "prorated_months"
    SECONDS = "seconds"
    SCHEDULE = "schedule"
    """Even by days between the days of ``knots``."""
    COUNTED = "counted"
    """Consumption or deliveries counted from facts, against ``whole``."""
    COMPLETE = "complete"
    """Progress is one: the amount was earned before."""


ELAPSED = frozenset(Progress) - {Progress.COUNTED, Progress.COMPLETE}
"""Progress that passes with time alone, and so can be foretold."""


class Shape(NamedTuple):
    """A measure of progress bound to dates and counts, without a price.

    Counted progress on day D is ``min(used, cap) / whole`` with ``used = max(count - baseline, 0)``
    and ``count`` from ``counts_from`` to D; it is 1 from ``lapses`` on or once ``entitled`` is
    used up. Counts are atoms: units x 10^9 of quantity, or currency x 10^12 of rated amount.
    """

    progress: Progress
    starts: date | None = None
    ends: date | None = None
    counted_in: str = ""
    """``quantity`` or ``amount``, for counted shapes."""
    counts_from: date | None = None
    """First day that counts; all days if none."""
    baseline: int = 0
    """Count that is left out: an entitlement below which overage does not begin."""
    cap: int | None = None
    """Most that counts; none for open-ended usage."""
    whole: int = 1
    """Count that makes progress 1."""
    entitled: int | None = None
    """Count bought, where fewer may be expected: tells breakage from use (606-10-55-48)."""
    lapses: date | None = None
    rollover: int | None = None
    """Most of what is unused when rights lapse that may still be used ..."""
    rollover_ends: date | None = None
    """... until this day."""
    counts_to: date | None = None
    """Last day that counts; all days if none."""
    counter: str = ""
    """Name under which counts are kept, where it is not the obligation's."""
    late: int = 0
    """Milliseconds of the first day that are over when service begins."""
    early: int = 0
    """Milliseconds of the last day that are left when service ends."""
    before: int = 0
    """Count under terms that have ended; step 5 leaves it out by ``counts_from``."""
    done: Fraction | None = None
    """Progress made before ``starts``: what the shape measures is the rest (25-35)."""
    knots: tuple[tuple[date, int], ...] = ()
    """Count reached at the end of each day, for a schedule; the last is ``whole``."""


class Earlier(NamedTuple):
    """How a completed amount was measured while it was earned."""

    shape: Shape
    last_day: date
    """The last day it counted: the terms ended then."""


class Segment(NamedTuple):
    """A price and a measure of progress, in force from one day of knowledge to another.

    Revenue to date of an obligation on day D is the sum, over its segments with
    ``valid_from <= D <= valid_to``, of ``price x progress(D)``, each rounded once.
    """

    contract: str
    obligation: str
    component: str
    """``fixed``, or the id of the consideration or of the modification that promised it."""
    product: str
    currency: str
    valid_from: date
    valid_to: date
    price: int
    """Minor units; when ``as_used`` those of ``shape.whole`` units or rated atoms."""
    shape: Shape
    stream: Stream = Stream.REVENUE
    """What the amount becomes; all but revenue is kept in ``ContractAccounting.accrued``."""
    kept_breakage: int = 0
    """Minor units of a completed price that were breakage when it was earned."""
    earlier: Earlier | None = None
    """Of a completed price: which performance it is for (606-10-50-12A)."""
    as_used: bool = False
    """Priced as it is used (606-10-32-40, 32-5): no part of the price before its day."""
    decisions: tuple[int, ...] = ()
    """Positions in the contract's list of decisions."""


class Question(NamedTuple):
    """Asks step 5 how far an obligation of a contract is at the end of a day."""

    contract: str
    obligation: str
    shape: Shape
    day: date


class Answer(NamedTuple):
    """Exact progress ``numerator / denominator``, and what was used, in atoms."""

    numerator: int
    denominator: int
    used: int


class ContractAccounting(msgspec.Struct, frozen=True, kw_only=True):
    """Steps 1-4 of one contract: how it is accounted for, as known now."""

    contract: str
    segments: tuple[Segment, ...]
    """Revenue."""
    decisions: tuple[Decision, ...]
    accrued: tuple[Segment, ...] = ()
    """What moves by the same measures without being revenue: interest, contract costs, returns."""
    exists_from: date | None = None
    """First day on which the agreement meets 25-1; none if it does from its inception, and
    ``periods.FOREVER`` if it never did."""
    without_contract: tuple[tuple[date, date], ...] = ()
    """First and last days of the spans in which 25-1 is not met: what is received then is a
    deposit, and a bill is no right (606-10-25-8). The last day is ``periods.FOREVER`` while the
    span is open."""

    terms: tuple[tuple[date, date, date], ...] = ()
    """Enforceable terms (606-10-25-3): the day from which each counts, its first and last day."""
    renews: bool = False
    """Whether terms follow one another as time passes: the later one asks, the more there are."""

    def exists_on(self, day: date) -> bool:
        """Whether the agreement is a contract at the end of the day."""
        return not any(first <= day <= last for first, last in self.without_contract)
