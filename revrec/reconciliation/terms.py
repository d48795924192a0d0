"""What a contract promises and from when to when, as modified, for comparison with its bills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from revrec.asc606.amendment import enforced
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.options import Exercise
from revrec.money import minor_digits, round_ratio, to_minor
from revrec.periods import FOREVER, day_before

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A contract's terms as known on a day, with what its commercial terms tell a reader."""

    contract: Contract
    modifications: tuple[Modification, ...]
    versions: tuple[Version, ...]
    consideration: Mapping[str, Consideration]
    charges: tuple[Charge, ...]
    usage_months: int
    """Months between two invoices for usage."""
    exercises: tuple[Exercise, ...] = ()
    """Rights used; what each costs is a fixed consideration under its id."""

    @property
    def price(self) -> int:
        """Fixed consideration with all its changes, in minor units."""
        currency = self.contract.currency
        fixed = sum(to_minor(each.amount, currency) for each in self.fixed.values())
        return fixed + sum(to_minor(each.price_change, currency) for each in self.modifications)

    @property
    def fixed(self) -> dict[str, Consideration]:
        """The fixed considerations by id."""
        kind = ConsiderationKind.FIXED
        return {name: each for name, each in self.consideration.items() if each.kind is kind}

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


def terms_of(history: ContractHistory, as_of: date) -> Terms:
    """The contract's terms with every modification approved by ``as_of``, and every right used.

    A modification ends what it withdraws or restates on the day before its new terms.
    """
    contract, modifications = enforced(history, as_of)
    exercises = tuple(each for each in history.exercises if each.on <= as_of)
    versions = (*_versions(contract, modifications), *_bought(contract, exercises))
    promised = list(contract.consideration)
    charges = list(_charges(contract.consideration, contract.first_day, versions))
    for each in modifications:
        promised += each.adds_consideration
        new_from = each.new_terms_from or each.on
        charges += _charges(each.adds_consideration, new_from, versions)
    promised += [_price_of(each) for each in exercises if each.price]
    return Terms(
        contract=contract,
        modifications=modifications,
        versions=versions,
        consideration={each.id: each for each in promised},
        charges=tuple(charges),
        usage_months=_usage_months(contract.terms.get("billing", "")),
        exercises=exercises,
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
    consideration: tuple[Consideration, ...], from_day: date, versions: tuple[Version, ...]
) -> Iterator[Charge]:
    """Usage is priced from the day its fee was promised, and from the service's first day on."""
    for each in consideration:
        if each.kind is ConsiderationKind.USAGE and each.obligation is not None:
            starts = [v.first_day for v in versions if v.obligation.id == each.obligation]
            yield Charge(each, each.obligation, max([from_day, *starts[:1]]))


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
