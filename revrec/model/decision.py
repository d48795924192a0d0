"""What steps 1-4 give: decisions that a person can read, and segments that step 5 computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One judged or derived conclusion, with what it rests on."""

    contract: str
    on: date
    step: int
    """Step of the model, 1 to 5."""
    rule: str
    """Name of the rule function, as in the register of citations."""
    paragraphs: tuple[str, ...]
    inputs: Mapping[str, str]
    outcome: str
    sentence: str
    """For a person: what was decided and why."""


class Progress(StrEnum):
    """How step 5 finds a segment's progress."""

    DAYS = "days"
    EVEN_MONTHS = "even_months"
    HALF_MONTH = "half_month"
    COUNTED = "counted"
    """Consumption or deliveries counted from facts, against ``whole``."""
    COMPLETE = "complete"
    """Progress is one: the amount was earned before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A price and a measure of progress, in force from one day of knowledge to another.

    Revenue to date of an obligation on day D is the sum, over its segments with
    ``valid_from <= D <= valid_to``, of ``price x progress(D)``, each rounded once.
    ``price`` is in minor units. For counted segments progress is
    ``min(max(count(D) - baseline, 0), cap) / whole`` and 1 from ``lapses`` on.
    """

    contract: str
    obligation: str
    component: str
    """``fixed``, or the id of the consideration."""
    product: str
    currency: str
    valid_from: date
    valid_to: date
    price: int
    progress: Progress
    starts: date | None = None
    ends: date | None = None
    counted_in: str = ""
    """``quantity`` or ``amount``, for counted segments."""
    baseline: int = 0
    """Count, in atoms, that belongs to earlier segments."""
    cap: int | None = None
    """Most atoms that count; none for open-ended usage."""
    whole: int = 1
    """Atoms that make progress 1."""
    entitled: int | None = None
    """Atoms bought, when fewer are expected to be used: tells breakage from use."""
    lapses: date | None = None
    decisions: tuple[int, ...] = ()
    """Positions in the contract's list of decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asks step 5 for a segment's progress at the end of a day."""

    segment: Segment
    at: date


@dataclass(frozen=True, slots=True)
class Ratio:
    """Exact progress: ``numerator / denominator``."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAccounting:
    """Steps 1-4 of one contract: how it is accounted for, as known now."""

    contract: str
    segments: tuple[Segment, ...]
    decisions: tuple[Decision, ...]
    transaction_prices: tuple[tuple[date, int], ...]
    """Transaction price in minor units from each day on: fixed plus estimates, without usage."""
