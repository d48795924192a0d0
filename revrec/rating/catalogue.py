"""Which price holds for which usage: agreements and editions of cards as tables of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from revrec.errors import CurrencyMismatch, FeedError
from revrec.model.contract import Contract
from revrec.model.rating import (
    Editions,
    Price,
    PriceAgreement,
    RateCard,
    Reset,
    RoundedAt,
    Rounding,
)
from revrec.periods import FOREVER, day_before
from revrec.rating import aggregates
from revrec.rating.pieces import Pieces, taken_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the books tell about prices: facts with the version they stand at."""

    cards: Sequence[tuple[RateCard, int]]
    """Editions, each with the version of its fact: 1, and more once it was corrected."""
    agreements: Sequence[PriceAgreement]
    contracts: Mapping[str, Contract]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A price as it holds under an agreement."""

    number: int
    """Ordinal within the catalogue."""
    price_set: int
    price: Price
    edition: RateCard
    version: int
    """Version of the edition's fact."""
    agreed_apart: str
    """The agreement that overrides the card's price; empty if none does."""
    rounding: Rounding
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A stretch of days on which one set of prices holds for a contract."""

    contract: str
    first_day: date
    last_day: date
    price_set: int
    scope: str
    """What shares running totals: the contract, or the pool it is in."""
    term: tuple[date, date]
    """First and last day of the contract; of the pool, from the earliest to the latest."""


@dataclass(slots=True)
class Catalogue:
    """Prices taken apart, and on which days they hold for whom."""

    agreed: list[Agreed] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    by_set: dict[int, dict[str, list[Line]]] = field(default_factory=dict)
    """Set of prices -> meter -> its lines."""

    def line_for(self, price_set: int, meter: str, labels: Mapping[str, object]) -> Line | None:
        """The line that asks for the most of the labels; none if no line fits.

        Raises FeedError if two ask for equally many: which one is meant cannot be told.
        """
        fitting = [
            line
            for line in self.by_set[price_set].get(meter, ())
            if all(labels.get(name) == value for name, value in line.price.when.items())
            and (line.price.distinct_of is None or line.price.distinct_of in labels)
        ]
        if not fitting:
            return None
        asked = max(len(line.price.when) for line in fitting)
        best = [line for line in fitting if len(line.price.when) == asked]
        if len(best) > 1:
            names = " and ".join(repr(line.price.id) for line in best[:2])
            raise FeedError(
                f"Edition {best[0].edition.id} prices usage of {meter!r} with the labels "
                f"{dict(labels)} by {names} alike.",
                remedy="Give one of them a further label, or take one away.",
                edition=best[0].edition.id,
                meter=meter,
            )
        return best[0]


def catalogue(told: Told) -> Catalogue:
    """The prices of every agreement, edition by edition.

    Raises FeedError for an agreement whose card is not known or prices that do not fit together,
    CurrencyMismatch for a card in another currency than the contract's.
    """
    found = Catalogue()
    editions: dict[str, list[tuple[RateCard, int]]] = {}
    for card, version in sorted(told.cards, key=lambda each: (each[0].effective_from, each[0].id)):
        editions.setdefault(card.card, []).append((card, version))
    sets: dict[tuple[str, str], int] = {}
    terms = _terms(told)
    for agreement, last in _in_turn(told.agreements):
        contract = told.contracts.get(agreement.contract)
        if contract is None:
            continue
        scope, term = terms[agreement.contract, agreement.pool]
        until = min(last, contract.end or FOREVER)
        for card, version, first, card_last in _held(agreement, editions):
            if contract.currency != card.currency:
                raise CurrencyMismatch(
                    f"Agreement {agreement.id} prices {contract.id} in {contract.currency} by "
                    f"edition {card.id} in {card.currency}.",
                    remedy="Name a card in the currency of the contract.",
                )
            key = (card.id, agreement.id if agreement.overrides else "")
            if key not in sets:
                sets[key] = len(sets)
                _add_set(found, sets[key], card, version, agreement)
            if first <= min(card_last, until):
                found.agreed.append(
                    Agreed(
                        contract=contract.id,
                        first_day=first,
                        last_day=min(card_last, until),
                        price_set=sets[key],
                        scope=scope,
                        term=term,
                    )
                )
    return found


def _terms(told: Told) -> dict[tuple[str, str], tuple[str, tuple[date, date]]]:
    """(Contract, pool) -> scope and term."""
    found: dict[tuple[str, str], tuple[str, tuple[date, date]]] = {}
    pools: dict[str, list[Contract]] = {}
    for agreement in told.agreements:
        contract = told.contracts.get(agreement.contract)
        if contract is not None and agreement.pool:
            pools.setdefault(agreement.pool, []).append(contract)
        elif contract is not None:
            term = contract.first_day, contract.end or FOREVER
            found[contract.id, ""] = f"contract {contract.id}", term
    for pool, members in pools.items():
        first = min(each.first_day for each in members)
        last = max(each.end or FOREVER for each in members)
        for contract in members:
            found[contract.id, pool] = f"pool {pool}", (first, last)
    return found


def _in_turn(agreements: Iterable[PriceAgreement]) -> Iterator[tuple[PriceAgreement, date]]:
    """Each agreement with its last day: its own, or the day before the contract's next."""
    by_contract: dict[str, list[PriceAgreement]] = {}
    for agreement in sorted(agreements, key=lambda told: (told.contract, told.on, told.id)):
        by_contract.setdefault(agreement.contract, []).append(agreement)
    for in_order in by_contract.values():
        for number, agreement in enumerate(in_order, 1):
            until = agreement.until or FOREVER
            if number < len(in_order):
                until = min(until, day_before(in_order[number].on))
            if agreement.on <= until:
                yield agreement, until


def _held(
    agreement: PriceAgreement, editions: Mapping[str, list[tuple[RateCard, int]]]
) -> Iterator[tuple[RateCard, int, date, date]]:
    """Editions of the agreement's card with the days on which they hold for it."""
    known = editions.get(agreement.card, [])
    before = [number for number, each in enumerate(known) if each[0].effective_from <= agreement.on]
    if not before:
        raise FeedError(
            f"Agreement {agreement.id} names the card {agreement.card!r}, of which no edition "
            f"holds on {agreement.on}.",
            remedy="Record the edition, or correct the agreement.",
            agreement=agreement.id,
        )
    for number in range(before[-1], len(known)):
        card, version = known[number]
        later = known[number + 1][0] if number + 1 < len(known) else None
        last = None if later is None else day_before(_begins(later, agreement.editions))
        first = max(_begins(card, agreement.editions), agreement.on)
        if agreement.editions is Editions.AT_AGREEMENT:
            yield card, version, first, FOREVER
            return
        if last is None or first <= last:
            yield card, version, first, last or FOREVER


def _begins(card: RateCard, editions: Editions) -> date:
    """The first day of usage that an edition prices."""
    if editions is Editions.BY_MONTH_END:
        return card.effective_from.replace(day=1)
    return card.effective_from


def _add_set(
    found: Catalogue, price_set: int, card: RateCard, version: int, agreement: PriceAgreement
) -> None:
    """Take the card's prices apart, with the agreement's own in the place of those they name."""
    _refuse_repeated(card.prices, f"edition {card.id}")
    _refuse_repeated(agreement.overrides, f"agreement {agreement.id}")
    prices = {price.id: price for price in (*card.prices, *agreement.overrides)}
    apart = {price.id for price in agreement.overrides}
    by_meter = found.by_set.setdefault(price_set, {})
    for price in prices.values():
        rounding = price.rounding or card.rounding
        source = f"edition {card.id}, price {price.id}"
        if _is_of_the_line(price) and rounding.at is not RoundedAt.LINE:
            raise FeedError(
                f"{source}: a commitment, maximum or bound of transactions is of the line, not of "
                f"its {rounding.at}.",
                remedy="Round at the line.",
                source=source,
            )
        _refuse_within_days(price, rounding, source)
        aggregates.refuse(price, source)
        line = Line(
            number=len(found.lines),
            price_set=price_set,
            price=price,
            edition=card,
            version=version,
            agreed_apart=agreement.id if price.id in apart else "",
            rounding=rounding,
            pieces=taken_apart(price, prices, source),
        )
        found.lines.append(line)
        for meter in _meters(price, source):
            by_meter.setdefault(meter, []).append(line)


def _refuse_within_days(price: Price, rounding: Rounding, source: str) -> None:
    """Refuse what hours and events cannot owe: there is no list of those without usage."""
    single = price.resets in {Reset.EVENT, Reset.HOUR, Reset.TERM}
    if price.resets_every < 1 or (single and price.resets_every > 1):
        raise FeedError(
            f"{source}: totals start again every {price.resets_every} {price.resets}.",
            remedy="Tell a number from 1 on, of days, weeks, months, quarters or years.",
            source=source,
        )
    if price.resets not in {Reset.EVENT, Reset.HOUR}:
        return
    idle = price.flat_at_zero_usage or price.package_at_zero_usage
    trued_up = price.commitment is not None and price.commitment.true_up
    if price.fee or price.minimum or idle or trued_up:
        raise FeedError(
            f"{source}: an {price.resets} owes nothing beside its usage.",
            remedy="Leave out fees, minimums, true-ups and amounts at zero usage, or reset by day.",
            source=source,
        )
    if price.per_event is not None or rounding.at is RoundedAt.DAY:
        raise FeedError(
            f"{source}: totals that start again with each {price.resets} go with no limits over "
            "several transactions and no rounding by the day.",
            remedy="Reset by day or longer, or round at the line.",
            source=source,
        )


def _meters(price: Price, source: str) -> tuple[str, ...]:
    """The meters the price is of, each once."""
    meters = (price.meter, *price.meters)
    if len(set(meters)) < len(meters):
        raise FeedError(
            f"{source}: a meter is named twice.",
            remedy="Name each meter once, the first in `meter`, others in `meters`.",
            source=source,
        )
    return meters


def _is_of_the_line(price: Price) -> bool:
    """Whether the price has terms that hold for the total of a line, so that it is rounded."""
    terms = price.per_event
    bounded = terms is not None and (terms.minimum is not None or terms.maximum is not None)
    return bounded or price.commitment is not None or price.maximum is not None


def _refuse_repeated(prices: Iterable[Price], source: str) -> None:
    seen: set[str] = set()
    for price in prices:
        if price.id in seen:
            raise FeedError(
                f"{source} has two prices named {price.id!r}.",
                remedy="Name each price once.",
                source=source,
            )
        seen.add(price.id)
