"""What goes over the wire of audit samples."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from pydantic import Field

from api.schemas import Count, PeriodText, Wire
from revrec.model.books import Framework
from revrec.model.policy import Account
from revrec.model.sample import SampleMethod, SampleUnit, Target
from revrec.operations.sampled import Drawn, Told, told_of
from revrec.operations.sampling import ZEROS, Wish
from revrec.periods import Calendar
from revrec.sampling.monetary import Planning

_NUMBER = r"^-?\d{1,18}(\.\d{1,4})?$"
_SEED = r"^\d{1,20}$"


class SampleWanted(Wire):
    """What is to be sampled, and how. Amounts are decimal strings in the currency."""

    method: SampleMethod = Field(examples=["monetary_unit"])
    seed: str = Field(pattern=_SEED, examples=["20260131"])
    """From 0 to 2**64 - 1; the same seed draws the same items again."""
    unit: SampleUnit = SampleUnit.POSTING
    account: Account = Account.REVENUE
    first: PeriodText | None = None
    """First period; the last one if left out."""
    last: PeriodText | None = None
    """A closed period; the last that is closed if left out."""
    currency: str = Field(default="", max_length=3)
    book: Framework | None = None
    confidence: str = Field(default="95", pattern=r"^\d{1,2}(\.\d{1,4})?$")
    """In percent."""
    tolerable: str | None = Field(default=None, pattern=_NUMBER, examples=["50000.00"])
    """Misstatement; of a control the rate of deviation in percent."""
    expected: str = Field(default="0", pattern=_NUMBER)
    planning: Planning = Planning.RATIO
    zeros: int = Field(default=ZEROS, ge=0, le=1000)
    size: int | None = Field(default=None, ge=1, le=100_000)
    bounds: list[str] = Field(default_factory=list, max_length=20)
    targets: list[Target] = Field(default_factory=list, max_length=20)
    top: int = Field(default=25, ge=1, le=100_000)
    operation: str = Field(default="", max_length=100)
    """Of a control: its occurrences in the audit log, such as `period.close`."""

    def wish(self, calendar: Calendar) -> Wish:
        """What the operation is asked."""
        return Wish(
            method=self.method,
            seed=int(self.seed),
            unit=self.unit,
            account=self.account,
            first=calendar.parse(self.first) if self.first else None,
            last=calendar.parse(self.last) if self.last else None,
            currency=self.currency,
            framework=self.book,
            confidence=Fraction(self.confidence) / 100,
            tolerable=None if self.tolerable is None else Decimal(self.tolerable),
            expected=Decimal(self.expected),
            planning=self.planning,
            zeros=self.zeros,
            size=self.size,
            bounds=[Decimal(each) for each in self.bounds],
            targets=self.targets,
            top=self.top,
            operation=self.operation,
        )


class ResultTold(Wire):
    """What was found of an item."""

    item: str = Field(max_length=200, examples=["2026-01/3.12"])
    audited: str | None = Field(default=None, pattern=_NUMBER, examples=["1150.00"])
    """What it should have been; left out, it is as recorded."""
    deviates: bool = False
    note: str = Field(default="", max_length=2000)
    """Why it is not as recorded."""

    @property
    def told(self) -> Told:
        """What the operation is told."""
        return Told(
            item=self.item,
            audited=None if self.audited is None else Decimal(self.audited),
            deviates=self.deviates,
            note=self.note,
        )


class ResultsTold(Wire):
    """What was found of some items of a sample."""

    results: list[ResultTold] = Field(max_length=10_000)


class SampleStratum(Wire):
    """A part of a population."""

    count: Count
    total: str | None


class SamplePopulation(Wire):
    """What a sample was drawn from, and that nothing was left out."""

    query: str
    count: Count
    total: str | None
    currency: str
    sha256: str
    ledger_total: str | None
    chain_seq: int
    chain_head: str
    strata: dict[str, SampleStratum]


class SampleFound(Wire):
    """What was found of an item."""

    audited: str | None
    deviates: bool
    note: str
    at: datetime
    by: str


class SampleItemTold(Wire):
    """An item that was selected."""

    number: int
    item: str
    place: int
    stratum: str
    hit: int | None
    amount: str | None
    detail: dict[str, str]
    result: SampleFound | None


class SampleEvaluated(Wire):
    """What a sample says of its population."""

    supported: bool | None
    conclusion: str
    figures: dict[str, str]
    at: datetime
    by: str


class SampleTold(Wire):
    """A sample with its items, results and evaluations."""

    sample: str = Field(examples=["S-0a1b2c3d4e5f6071"])
    method: SampleMethod
    unit: SampleUnit
    seed: str
    parameters: dict[str, str]
    population: SamplePopulation
    drawn_at: datetime
    drawn_by: str
    items: list[SampleItemTold]
    evaluations: list[SampleEvaluated]

    @classmethod
    def of(cls, drawn: Drawn) -> SampleTold:
        """The wire form of a sample."""
        return cls.model_validate_json(json.dumps(told_of(drawn)))


def as_json(drawn: Drawn) -> str:
    """The wire form of a sample, written out."""
    return SampleTold.of(drawn).model_dump_json()
