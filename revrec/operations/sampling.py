"""Samples: drawn from the books by seed, looked at by auditors, evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import pyarrow as pa

from revrec.audit import populations
from revrec.audit.populations import Scope
from revrec.errors import FeedError, InvariantViolated, NotFound
from revrec.model.books import Framework
from revrec.model.fact import digest_of
from revrec.model.policy import Account
from revrec.model.sample import (
    Population,
    Sample,
    SampleItem,
    SampleMethod,
    SampleUnit,
    Target,
)
from revrec.money import to_minor
from revrec.operations import books, occurrences, targets
from revrec.operations.computing import SECOND_POSTING
from revrec.periods import Period
from revrec.sampling import attributes, monetary, variables
from revrec.sampling.factors import CONFIDENCE, attribute_size, check_confidence
from revrec.sampling.monetary import Planning, Selected, Stratum
from revrec.store import audit_log, journal, periods, samples
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction

ZEROS = 5
"""Items without an amount that are looked at unless told otherwise: none of them can be hit by a
monetary unit, so the Guide has them looked at by themselves."""
T = TypeVar("T")
_SEED_MAX = 2**64
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be sampled, and how. Amounts are in the currency."""

    method: SampleMethod
    seed: int
    """From 0 to 2**64 - 1; the same seed draws the same items again."""
    unit: SampleUnit = SampleUnit.POSTING
    account: Account = Account.REVENUE
    first: Period | None = None
    """First period; the last one if left out."""
    last: Period | None = None
    """A closed period; the last that is closed if left out."""
    currency: str = ""
    """May be left out where the account has only one."""
    framework: Framework | None = None
    confidence: Fraction = CONFIDENCE
    tolerable: Decimal | None = None
    """Misstatement in the currency; of a control the rate in percent."""
    expected: Decimal = Decimal(0)
    """Likewise."""
    planning: Planning = Planning.RATIO
    zeros: int = ZEROS
    size: int | None = None
    """Items of a random or stratified sample, and of a control where not computed."""
    bounds: Sequence[Decimal] = ()
    """Bounds of strata, ascending."""
    targets: Sequence[Target] = ()
    top: int = 25
    """How many of the largest are chosen, where that is a target."""
    operation: str = ""
    """Of events: the operation of the audit log that is a control's occurrence, such as
    ``period.close``, or its beginning with the dot."""


def draw(tx: Transaction, lake: Lake, wish: Wish) -> Sample:
    """Draw a sample and record it; again, with everything the same, gives the one there is.

    Raises NotFound for a period that is not closed or a population without items, FeedError for
    parameters that do not go together, InvariantViolated for a population that is not what the
    journal has.
    """
    check_confidence(wish.confidence)
    if not 0 <= wish.seed < _SEED_MAX:
        raise FeedError("A seed is from 0 to 2**64 - 1.", remedy="Choose another.")
    if (wish.method is SampleMethod.ATTRIBUTE) != (wish.unit is SampleUnit.EVENT):
        raise FeedError(
            f"A sample of {wish.unit.value}s is not drawn by {wish.method.value}.",
            remedy="Attributes are of events; amounts are of postings and contracts.",
        )
    if wish.method is SampleMethod.ATTRIBUTE:
        return _once(tx, _of_events(tx, wish))
    return _once(tx, _of_amounts(tx, lake, wish))


def _once(tx: Transaction, sample: Sample) -> Sample:
    known = samples.read(tx, sample.id)
    if known:
        return known[0]
    samples.record(tx, sample)
    audit_log.write(
        tx,
        "sample.draw",
        sample.id,
        {
            "method": sample.method.value,
            "seed": str(sample.seed),
            "items": len(sample.items),
            "population": sample.population.sha256,
        },
    )
    return sample


def _of_amounts(tx: Transaction, lake: Lake, wish: Wish) -> Sample:
    scope = _scope(tx, wish)
    detail = lake.dataset(tx, SECOND_POSTING if scope.book else "posting")
    held = pa.table({}) if detail is None else scope.held(detail)
    if detail is None or not held.num_rows:
        raise NotFound(
            f"There are no postings: {scope.query}.",
            remedy="Name another account, currency or period.",
        )
    table = populations.population(scope, held)
    amounts: list[int] = table["amount"].to_pylist()
    found, parameters, strata = _select(tx, wish, scope, table, held)
    if not found:
        raise NotFound("No item of the population meets what is asked.", remedy="Ask for more.")
    keys = [table["item"][each.place].as_py() for each in found]
    contracts = {table["contract"][each.place].as_py() for each in found}
    whole = scope.whole(detail, sorted(contracts))
    details = populations.details(scope, held, whole, keys)
    seq, head = journal.head(tx)
    proof = Population(
        query=scope.query,
        count=table.num_rows,
        total=sum(amounts),
        currency=scope.currency,
        sha256=populations.sha256(table),
        ledger_total=populations.ledger_total(scope, journal.read(tx, book=scope.book)),
        chain_seq=seq,
        chain_head=head,
        strata=strata,
    )
    if proof.total != proof.ledger_total:
        raise InvariantViolated(
            f"The population sums to {proof.total:,}, the journal to {proof.ledger_total:,} "
            "(minor units).",
            remedy="Run `revrec verify`; nothing was drawn.",
        )
    named = {
        "account": scope.account.value,
        "first": scope.first,
        "last": scope.last,
        "book": scope.book,
    }
    items = [
        _item(number, each, key, amounts[each.place], details[key])
        for number, (each, key) in enumerate(zip(found, keys, strict=True), start=1)
    ]
    return _sample(tx, wish, {**named, **parameters}, proof, items)


def _scope(tx: Transaction, wish: Wish) -> Scope:
    last = wish.last or periods.last_closed(tx)
    closed = None if last is None else periods.standing_close(tx, last)
    if last is None or closed is None:
        raise NotFound(
            f"{last or 'No period'} is not closed, so it has no postings to sample.",
            remedy="Close it first.",
        )
    book = books.chosen(tx, last, closed.pins, wish.framework)
    currencies = {
        line.currency
        for posted in journal.read(tx, book=book)
        for line in posted.entry.lines
        if line.account == wish.account.value
    }
    if not wish.currency and len(currencies) > 1:
        raise FeedError(
            f"{wish.account.value} has amounts in {', '.join(sorted(currencies))}.",
            remedy="Name one currency: a sample is of one.",
        )
    return Scope(
        entity=tx.entity,
        account=wish.account,
        currency=wish.currency or next(iter(currencies), ""),
        first=str(wish.first or last),
        last=str(last),
        unit=wish.unit,
        book=book,
    )


_Strata = dict[str, tuple[int, int]]


def _select(
    tx: Transaction, wish: Wish, scope: Scope, table: pa.Table, held: pa.Table
) -> tuple[list[Selected], dict[str, str], _Strata]:
    """The items selected, the parameters that decided it, and the strata of the population."""
    amounts: list[int] = table["amount"].to_pylist()
    if wish.method is SampleMethod.TARGETED:
        return targets.select(tx, wish, scope, table, held)
    tolerable = to_minor(_needed(wish.tolerable, "tolerable misstatement"), scope.currency)
    parameters = {
        "confidence": str(wish.confidence),
        "tolerable_minor": str(tolerable),
    }
    if wish.method is SampleMethod.MONETARY_UNIT:
        expected = to_minor(wish.expected, scope.currency)
        interval = monetary.plan(
            tolerable, expected, confidence=wish.confidence, planning=wish.planning
        )
        parameters |= {
            "expected_minor": str(expected),
            "planning": wish.planning.value,
            "factor": str(interval.factor),
            "interval_minor": str(interval.units),
            "zeros": str(wish.zeros),
        }
        found = monetary.select(amounts, interval.units, wish.seed, zeros=wish.zeros)
        return found, parameters, _signed_strata(amounts, interval.units)
    size = _needed(wish.size, "size")
    stratified = wish.method is SampleMethod.STRATIFIED
    if stratified and not wish.bounds:
        raise FeedError("A stratified sample needs bounds.", remedy="Give them, ascending.")
    bounds = [to_minor(each, scope.currency) for each in wish.bounds] if stratified else []
    parameters |= {"size": str(size), "bounds_minor": " ".join(map(str, bounds))}
    strata = {
        variables.stratum_name(number): (len(places), sum(amounts[place] for place in places))
        for number, places in enumerate(variables.strata_of(amounts, bounds))
    }
    return variables.select(amounts, bounds, size, wish.seed), parameters, strata


def _signed_strata(amounts: Sequence[int], interval: int) -> _Strata:
    found: dict[str, list[int]] = {str(each): [0, 0] for each in Stratum}
    for amount in amounts:
        name = Stratum.ZERO
        if amount:
            names = (
                (Stratum.CERTAIN, Stratum.INTERVAL)
                if amount > 0
                else (Stratum.NEGATIVE_CERTAIN, Stratum.NEGATIVE_INTERVAL)
            )
            name = names[abs(amount) < interval]
        found[name][0] += 1
        found[name][1] += amount
    return {name: (count, total) for name, (count, total) in found.items()}


def _of_events(tx: Transaction, wish: Wish) -> Sample:
    tolerable = _needed(wish.tolerable, "tolerable rate of deviation in percent")
    events = occurrences.read(tx, _needed(wish.operation or None, "operation"))
    if not events:
        raise NotFound(f"The audit log has no {wish.operation}.", remedy="See `revrec audit-log`.")
    size, allowed = wish.size, ""
    if size is None:
        size, most = attribute_size(
            Fraction(tolerable) / 100, Fraction(wish.expected) / 100, wish.confidence
        )
        allowed = str(most)
    found = attributes.select(len(events), size, wish.seed)
    parameters = {
        "operation": wish.operation,
        "confidence": str(wish.confidence),
        "tolerable_percent": str(tolerable),
        "expected_percent": str(wish.expected),
        "size": str(size),
        "deviations_allowed": allowed,
    }
    items = [
        _item(number, each, events[each.place].key, 0, events[each.place].detail)
        for number, each in enumerate(found, start=1)
    ]
    return _sample(tx, wish, parameters, occurrences.proof(tx, wish.operation, events), items)


def _item(
    number: int, found: Selected, key: str, amount: int, detail: dict[str, str]
) -> SampleItem:
    return SampleItem(
        number=number,
        item=key,
        place=found.place + 1,
        stratum=str(found.stratum),
        hit=found.hit,
        amount=amount,
        detail=detail,
    )


def _sample(
    tx: Transaction,
    wish: Wish,
    parameters: dict[str, str],
    population: Population,
    items: Sequence[SampleItem],
) -> Sample:
    named = [wish.method.value, wish.unit.value, str(wish.seed), parameters, population.sha256]
    return Sample(
        id=f"S-{digest_of([tx.entity, *named])[:_ID_DIGITS]}",
        method=wish.method,
        unit=wish.unit,
        seed=wish.seed,
        parameters=parameters,
        population=population,
        drawn_at=tx.now,
        drawn_by=tx.actor,
        items=tuple(items),
    )


def _needed(value: T | None, what: str) -> T:
    if value is None:
        raise FeedError(f"This sample needs a {what}.", remedy="Give it; it is yours to judge.")
    return value
