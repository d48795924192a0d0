"""Audit samples: drawn, looked at, evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStratum:
    """A part of a population."""

    count: int
    total: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePopulation:
    """What a sample was drawn from, and that nothing was left out."""

    query: str
    count: int
    total: Decimal | None
    currency: str
    sha256: str
    ledger_total: Decimal | None
    chain_seq: int
    chain_head: str
    strata: dict[str, SampleStratum]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """What was found of an item."""

    audited: Decimal | None
    deviates: bool
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """An item that was selected."""

    number: int
    item: str
    place: int
    stratum: str
    hit: int | None
    amount: Decimal | None
    detail: dict[str, str]
    result: SampleResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvaluation:
    """What a sample says of its population."""

    supported: bool | None
    conclusion: str
    figures: dict[str, str]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample with its items, results and evaluations."""

    sample: str
    method: str
    unit: str
    seed: str
    parameters: dict[str, str]
    population: SamplePopulation
    drawn_at: datetime
    drawn_by: str
    items: list[SampleItem]
    evaluations: list[SampleEvaluation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the auditor found of an item."""

    item: str
    audited: Decimal | None = None
    """What it should have been; left out, it is as recorded."""
    deviates: bool = False
    note: str = ""


class SampleOperations:
    """Sampling; the auditor's."""

    @Paged
    def list_samples(self, *, known_at: datetime | None = None) -> Listing[Sample]:
        """Samples that were drawn."""
        return listed(at("samples"), Sample, known_at=known_at)

    @Operation
    def get_sample(self, sample: str, *, known_at: datetime | None = None) -> Call[Sample]:
        """A sample with its items, results and evaluations."""
        return get(at("samples", sample), Sample, known_at=known_at)

    @Operation
    def draw_sample(
        self,
        method: str,
        seed: str,
        *,
        unit: str | None = None,
        account: str | None = None,
        first: str | None = None,
        last: str | None = None,
        currency: str | None = None,
        book: str | None = None,
        confidence: Decimal | None = None,
        tolerable: Decimal | None = None,
        expected: Decimal | None = None,
        planning: str | None = None,
        zeros: int | None = None,
        size: int | None = None,
        bounds: Sequence[Decimal] | None = None,
        targets: Sequence[str] | None = None,
        top: int | None = None,
        operation: str | None = None,
    ) -> Call[Sample]:
        """Draw one by monetary_unit, stratified, random, attributes or targeted.

        The same seed draws the same items again. ``first`` and ``last`` are periods, amounts are
        in the currency, ``confidence`` is in percent, ``operation`` is of a control.
        """
        wanted: dict[str, Any] = told(
            method=method,
            seed=seed,
            unit=unit,
            account=account,
            first=first,
            last=last,
            currency=currency,
            book=book,
            confidence=confidence,
            tolerable=tolerable,
            expected=expected,
            planning=planning,
            zeros=zeros,
            size=size,
            bounds=None if bounds is None else list(bounds),
            targets=None if targets is None else list(targets),
            top=top,
            operation=operation,
        )
        return post(at("samples"), Sample, wanted)

    @Operation
    def record_sample_results(self, sample: str, results: Sequence[Looked]) -> Call[Sample]:
        """Tell what was found of items."""
        return post(at("samples", sample, "results"), Sample, {"results": list(results)})

    @Operation
    def evaluate_sample(self, sample: str) -> Call[Sample]:
        """Project what was found onto the population."""
        return post(at("samples", sample, "evaluations"), Sample)
