"""What a contract promises and from when to when, as modified, for comparison with its bills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property

from revrec.asc606.amendment import enforced
from revrec.asc606.existence import Span, assess_contract
from revrec.asc606.royalties import handovers, waits
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
)
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.options import Exercise
from revrec.money import minor_digits, round_ratio, to_minor
from revrec.periods import FOREVER, Calendar, day_before

_RHYTHMS = {"month": 1, "quarter": 3, "half": 6, "annual": 12, "year": 12}
_ARREARS = re.compile(
    r"(?:every\s+(\d+)\s+months|(month|quarter|half|annual|year)[a-z-]*)\s+in\s+arrears"
)
_DISCOUNT = re.compile(r"\bless\s+(\d+(?:\.\d+)?)\s*%")
_WHEN_DONE = re.compile(
    r"\b(?:when done|when complete|(?:up)?on (?:completion|delivery|acceptance))"
)
DELIVERED = frozenset({Measure.UNITS, Measure.MILESTONES, Measure.COSTS, Measure.POINT_IN_TIME})
TIMED = frozenset(Measure) - DELIVERED - {Measure.USAGE, Measure.LICENSE}


@dataclass(frozen=True, slots=True)
class Version:
    """An obligation under one set of terms; both days included."""

    obligation: PerformanceObligation
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Charge:
    """Usage consideration, and the first day whose usage it prices."""

    consideration: Consideration
    obligation: str
    from_day: date
    transferred: date | None = None
    """Day on which the last license of a royalty is transferred; ``FOREVER`` until it is."""

    @property
    def guaranteed(self) -> Decimal:
        """Rated amount of a royalty that the guaranteed minimum pays for."""
        royalty = self.consideration.royalty
        return Decimal(0) if royalty is None else royalty.minimum

    @property
    def above(self) -> bool:
        """Whether only usage beyond what was paid ahead is charged."""
        return self.consideration.above_entitlement or self.guaranteed > 0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A contract's terms as known on a day, with what its commercial terms tell a reader."""

    contract: Contract
    modifications: tuple[Modification, ...]
    versions: tuple[Version, ...]
    consideration: Mapping[str, Consideration]
    charges: tuple[Charge, ...]
    usage_months: int
    """Months between two invoices for usage."""
    without: tuple[Span, ...] = ()
    """Spans in which the criteria of a contract are not met (606-10-25-1)."""
    exercises: tuple[Exercise, ...] = ()
    """Rights used; what each costs is a fixed consideration under its id."""
    calendar: Calendar
    """The entity's, in whose periods bills, usage and revenue are compared."""

    @cached_property
    def price(self) -> int:
        """Fixed consideration with all its changes, in minor units."""
        currency = self.contract.currency
        fixed = sum(to_minor(each.amount, currency) for each in self.fixed.values())
        return fixed + sum(to_minor(each.price_change, currency) for each in self.modifications)

    @cached_property
    def fixed(self) -> dict[str, Consideration]:
        """The fixed considerations by id."""
        kind = ConsiderationKind.FIXED
        return {name: each for name, each in self.consideration.items() if each.kind is kind}

    def paid_ahead(self, obligation: PerformanceObligation) -> Decimal | None:
        """Rated amount that a fixed price pays for: bought, or guaranteed of a royalty (55-65)."""
        if obligation.usage.counted_in is CountedIn.AMOUNT:
            return obligation.usage.entitled
        guaranteed = [each.guaranteed for each in self.charges if each.obligation == obligation.id]
        return max(guaranteed, default=Decimal(0)) or None

    def charged_by(self, consideration: Consideration) -> str | None:
        """The obligation whose usage a fee is compared with."""
        homes = (each.obligation for each in self.charges if each.consideration == consideration)
        return next(homes, consideration.obligation)

    def later(self, on: date) -> frozenset[str]:
        """Obligations that were bought with a right used after the day: no bill of it is theirs."""
        return frozenset(
            name for each in self.exercises if each.on > on for name in bought_with(each)
        )

    def span(self, obligation: str | None) -> tuple[date, date] | None:
        """First and last day of an obligation's service, or of the whole contract's."""
        days = [each for each in self.versions if obligation in {None, each.obligation.id}]
        if not days:
            return None
        return min(each.first_day for each in days), max(each.last_day for each in days)

    @property
    def instalment(self) -> int | None:
        """The amount of an instalment in minor units, if the commercial terms state one."""
        try:
            stated = Decimal(self.contract.terms["instalment"])
        except (KeyError, InvalidOperation):
            return None
        if not stated.is_finite():
            return None
        numerator, denominator = stated.as_integer_ratio()
        scale: int = 10 ** minor_digits(self.contract.currency)
        return round_ratio(numerator * scale, denominator)

    @property
    def discount(self) -> Decimal | None:
        """The negotiated discount in percent that the commercial terms state."""
        for text in self.contract.terms.values():
            if found := _DISCOUNT.search(text):
                return Decimal(found[1])
        return None

    @property
    def in_advance(self) -> bool:
        """Whether the commercial terms say that fees are billed in advance."""
        return "in advance" in self.contract.terms.get("billing", "")

    @property
    def when_done(self) -> bool:
        """Whether the commercial terms say that what is delivered is billed then."""
        return _WHEN_DONE.search(self.contract.terms.get("billing", "")) is not None


def bought_with(exercise: Exercise) -> tuple[str, ...]:
    """Obligations whose price the use of a right pays: what is bought, or the renewal itself."""
    return tuple(each.id for each in exercise.buys) or (exercise.right,)


def terms_of(history: ContractHistory, as_of: date, calendar: Calendar) -> Terms:
    """The contract's terms with every modification approved by ``as_of``, and every right used.

    A modification ends what it withdraws or restates on the day before its new terms.
    """
    contract, modifications = enforced(history, as_of)
    exercises = tuple(each for each in history.exercises if each.on <= as_of)
    versions = (*_versions(contract, modifications), *_bought(contract, exercises))
    promised = list(contract.consideration)
    transferred = {each.id: each.on for each in handovers(history) if each.on <= as_of}
    charges = list(_charges(contract.consideration, contract.first_day, versions, transferred))
    for each in modifications:
        promised += each.adds_consideration
        new_from = each.new_terms_from or each.on
        charges += _charges(each.adds_consideration, new_from, versions, transferred)
    promised += [_price_of(each) for each in exercises if each.price]
    return Terms(
        contract=contract,
        modifications=modifications,
        versions=versions,
        consideration={each.id: each for each in promised},
        charges=tuple(charges),
        usage_months=_usage_months(contract.terms.get("billing", "")),
        without=assess_contract(history).without,
        exercises=exercises,
        calendar=calendar,
    )


def _price_of(exercise: Exercise) -> Consideration:
    """What a right used costs, as a fixed consideration."""
    names = bought_with(exercise)
    return Consideration(
        id=exercise.id,
        kind=ConsiderationKind.FIXED,
        amount=exercise.price,
        obligation=names[0] if len(names) == 1 else None,
    )


def _bought(contract: Contract, exercises: tuple[Exercise, ...]) -> Iterator[Version]:
    """What was bought with rights, from the day of use where no other is told."""
    for exercise in exercises:
        for each in exercise.buys:
            first_day = each.start or exercise.on
            last_day = each.end or max(contract.end or FOREVER, first_day)
            yield Version(each, first_day, last_day)


def _charges(
    consideration: tuple[Consideration, ...],
    from_day: date,
    versions: tuple[Version, ...],
    transferred: Mapping[str, date],
) -> Iterator[Charge]:
    """Usage is priced from the day its fee was promised, and from the service's first day on.

    A royalty for no license in particular is charged by the first of them: it is billed once.
    """
    for each in consideration:
        if each.kind is not ConsiderationKind.USAGE:
            continue
        licenses = [v for v in versions if each.obligation in {None, v.obligation.id}]
        if each.obligation is not None:
            home, starts = each.obligation, [v.first_day for v in licenses[:1]]
        elif licenses and each.royalty is not None:
            home, starts = min(v.obligation.id for v in licenses), []
        else:
            continue
        waiting = [
            transferred.get(v.obligation.id, FOREVER) for v in licenses if waits(each, v.obligation)
        ]
        yield Charge(each, home, max([from_day, *starts]), max(waiting, default=None))


def _versions(contract: Contract, modifications: tuple[Modification, ...]) -> list[Version]:
    """Obligations in the order promised; those without an end of their own get the contract's."""
    versions = [
        Version(each, each.start or contract.first_day, each.end or FOREVER)
        for each in contract.obligations
    ]
    end = contract.end or FOREVER
    for modification in modifications:
        new_from = modification.new_terms_from or modification.on
        ended = {*modification.withdraws, *(each.id for each in modification.revises)}
        versions = [
            replace(each, last_day=min(each.last_day, day_before(new_from)))
            if each.obligation.id in ended
            else each
            for each in versions
        ]
        versions += [
            Version(each, max(each.start or new_from, new_from), each.end or FOREVER)
            for each in modification.revises
        ]
        versions += [
            Version(each, each.start or new_from, each.end or FOREVER) for each in modification.adds
        ]
        end = modification.end or end
    ended_with = [
        replace(each, last_day=end) if each.last_day == FOREVER else each for each in versions
    ]
    return [each for each in ended_with if each.first_day <= each.last_day]


def _usage_months(billing: str) -> int:
    """The rhythm named last before "in arrears"; monthly if none is."""
    months = 1
    for count, word in _ARREARS.findall(billing.lower()):
        months = int(count) if count else _RHYTHMS[word]
    return months
