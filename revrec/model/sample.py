"""Audit samples as the books keep them: how they were drawn, and what was found of their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SampleMethod(StrEnum):
    """How a sample is drawn."""

    MONETARY_UNIT = "monetary_unit"
    STRATIFIED = "stratified"
    RANDOM = "random"
    ATTRIBUTE = "attribute"
    """Of a control's occurrences, each of which was or was not as it should have been."""
    TARGETED = "targeted"
    """Chosen for what is known of the items; says nothing of the others (AS 1105.25)."""


class SampleUnit(StrEnum):
    """What one item of a population is."""

    POSTING = "posting"
    """A line of posting detail on an account."""
    CONTRACT = "contract"
    """What a contract has on an account over the periods."""
    EVENT = "event"
    """An event of the audit log: an occurrence of a control."""


class Target(StrEnum):
    """What makes an item be chosen by a targeted sample."""

    TOP = "top"
    """It is among the largest."""
    OVERRIDE = "manual_override"
    """Its contract has an estimate that a person overrode."""
    NEAR_CONSTRAINT = "near_constraint"
    """Its contract has an estimate that the constraint holds back (606-10-32-11)."""
    AFTER_CLOSE = "after_close"
    """It was posted after the month it is of was closed."""
    MODIFICATION = "modification"
    """Its contract was modified."""
    ROUND = "round_amount"
    """Its amount is a whole number of thousands."""
    WEEKEND = "weekend"
    """It was posted on a Saturday or Sunday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """An item that was selected."""

    number: int
    """From 1, in the population's order."""
    item: str
    """Its key in the population."""
    place: int
    """Its place in the population, from 1."""
    stratum: str
    """Why it is in the sample."""
    hit: int
    """The monetary unit that was hit; 0 without one."""
    amount: int
    """Recorded amount in minor units; 0 of an event."""
    detail: Mapping[str, str]
    """What identifies it to a reader: contract, customer, entry, digest of its facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What a sample was drawn from, so that anyone can see that nothing was left out."""

    query: str
    """How the items are found, as a sentence that names every condition."""
    count: int
    total: int
    """Sum of recorded amounts in minor units; credits of an account of income above zero."""
    currency: str
    """Empty for events."""
    sha256: str
    """Of the population as CSV with the header ``item,amount``, in its order."""
    ledger_total: int
    """What the journal has on the account over the same periods, which is the same."""
    chain_seq: int
    chain_head: str
    """The last entry of the journal when the sample was drawn."""
    strata: Mapping[str, tuple[int, int]]
    """Number and sum of the items of each stratum, selected or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample as it was drawn."""

    id: str
    method: SampleMethod
    unit: SampleUnit
    seed: int
    parameters: Mapping[str, str]
    """Everything else that decided which items were selected, as text."""
    population: Population
    drawn_at: datetime
    drawn_by: str
    items: tuple[SampleItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """What an auditor found of an item."""

    number: int
    audited: int | None
    """What the amount should have been, in minor units; None of an event."""
    deviates: bool
    """Whether it is not as it should have been."""
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvaluation:
    """What a sample says of its population."""

    supported: bool | None
    """Whether the population is as stated, within what is tolerated; None where the method does
    not say."""
    conclusion: str
    """In a sentence."""
    figures: Mapping[str, str]
    """The figures behind it, amounts in the currency."""
    at: datetime
    by: str
