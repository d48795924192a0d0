"""Samples as they stand: what auditors told of their items, what they say, all as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from revrec.errors import Conflict, FeedError, NotFound
from revrec.model.sample import Sample, SampleEvaluation, SampleItem, SampleResult, SampleUnit
from revrec.money import from_minor, to_minor
from revrec.sampling.evaluation import evaluate
from revrec.store import audit_log, samples
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an auditor tells of an item; the amount in the currency."""

    item: str
    audited: Decimal | None = None
    """Left out: it is as recorded."""
    deviates: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A sample, with what was found of it so far."""

    sample: Sample
    results: dict[int, SampleResult] = field(default_factory=dict)
    evaluations: Sequence[SampleEvaluation] = ()


def found_as(tx: Transaction, sample: str, known_at: datetime | None = None) -> Drawn:
    """A sample with its results and evaluations, at a moment or now; NotFound for none."""
    known = samples.read(tx, sample, known_at=known_at)
    if not known:
        raise NotFound(f"There is no sample {sample}.", remedy="See `revrec sample list`.")
    return Drawn(
        sample=known[0],
        results=samples.results(tx, sample, known_at),
        evaluations=samples.evaluations(tx, sample, known_at),
    )


def listed(tx: Transaction, known_at: datetime | None = None) -> list[Drawn]:
    """Every sample, in the order they were drawn, at a moment or now."""
    return [found_as(tx, each.id, known_at) for each in samples.read(tx, known_at=known_at)]


def record_results(tx: Transaction, sample: str, told: Sequence[Told]) -> Drawn:
    """Record what was found of items; the same again changes nothing, another word counts instead.

    Raises NotFound for an item the sample does not have, Conflict for a difference without a note.
    """
    drawn = found_as(tx, sample)
    numbers = {each.item: each for each in drawn.sample.items}
    new = []
    for each in told:
        item = numbers.get(each.item)
        if item is None:
            raise NotFound(
                f"{sample} has no item {each.item!r}.",
                remedy="Name one of its items, as `revrec sample show` lists them.",
            )
        result = _result(tx, drawn.sample, item, each)
        known = drawn.results.get(item.number)
        if known is None or replace(known, at=result.at, by=result.by) != result:
            new.append(result)
    if new:
        samples.add_results(tx, sample, new)
        audit_log.write(tx, "sample.results", sample, {"items": [each.number for each in new]})
    return found_as(tx, sample)


def _result(tx: Transaction, sample: Sample, item: SampleItem, told: Told) -> SampleResult:
    of_event = sample.unit is SampleUnit.EVENT
    audited = None if of_event else item.amount
    if told.audited is not None:
        if of_event:
            raise FeedError(f"{told.item} is an event and has no amount.", remedy="Leave it out.")
        audited = to_minor(told.audited, sample.population.currency)
    deviates = told.deviates or (audited is not None and audited != item.amount)
    if deviates and not told.note.strip():
        raise Conflict(
            f"{told.item} is not as recorded, and nobody says why.",
            remedy="Say in `note` what was found.",
        )
    return SampleResult(
        number=item.number,
        audited=audited,
        deviates=deviates,
        note=told.note.strip(),
        at=tx.now,
        by=tx.actor,
    )


def evaluating(tx: Transaction, sample: str) -> Drawn:
    """Evaluate a sample by its results and record it. Raises Conflict where a result is missing."""
    drawn = found_as(tx, sample)
    made = evaluate(drawn.sample, drawn.results)
    evaluation = SampleEvaluation(
        supported=made.supported,
        conclusion=made.conclusion,
        figures=made.figures,
        at=tx.now,
        by=tx.actor,
    )
    last = drawn.evaluations[-1] if drawn.evaluations else None
    if last is None or replace(last, at=tx.now, by=tx.actor) != evaluation:
        samples.add_evaluation(tx, sample, evaluation)
        audit_log.write(tx, "sample.evaluate", sample, {"supported": made.supported})
    return found_as(tx, sample)


def told_of(drawn: Drawn) -> dict[str, Any]:
    """A sample with everything known of it as data: amounts as decimal text in the currency."""
    sample, population = drawn.sample, drawn.sample.population
    currency = population.currency
    return {
        "sample": sample.id,
        "method": sample.method.value,
        "unit": sample.unit.value,
        "seed": str(sample.seed),
        "parameters": dict(sample.parameters),
        "population": {
            "query": population.query,
            "count": population.count,
            "total": _amount(population.total, currency),
            "currency": currency,
            "sha256": population.sha256,
            "ledger_total": _amount(population.ledger_total, currency),
            "chain_seq": population.chain_seq,
            "chain_head": population.chain_head,
            "strata": {
                name: {"count": count, "total": _amount(total, currency)}
                for name, (count, total) in population.strata.items()
            },
        },
        "drawn_at": sample.drawn_at.isoformat(),
        "drawn_by": sample.drawn_by,
        "items": [
            _item_told(each, drawn.results.get(each.number), currency) for each in sample.items
        ],
        "evaluations": [
            {
                "supported": each.supported,
                "conclusion": each.conclusion,
                "figures": dict(each.figures),
                "at": each.at.isoformat(),
                "by": each.by,
            }
            for each in drawn.evaluations
        ],
    }


def _item_told(item: SampleItem, found: SampleResult | None, currency: str) -> dict[str, Any]:
    result = None
    if found is not None:
        result = {
            "audited": _amount(found.audited, currency),
            "deviates": found.deviates,
            "note": found.note,
            "at": found.at.isoformat(),
            "by": found.by,
        }
    return {
        "number": item.number,
        "item": item.item,
        "place": item.place,
        "stratum": item.stratum,
        "hit": item.hit or None,
        "amount": _amount(item.amount, currency),
        "detail": dict(item.detail),
        "result": result,
    }


def _amount(minor: int | None, currency: str) -> str | None:
    """In the currency; none of events."""
    return None if minor is None or not currency else f"{from_minor(minor, currency):f}"
