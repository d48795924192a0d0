"""Commitments and credits that are used by so many percent: each crossing is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.commitments.position import Position
from revrec.model.webhook import EventKind
from revrec.operations.webhooks import happened
from revrec.store import webhooks
from revrec.store.transaction import Transaction

_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Used:
    """How much of a commitment or a lot of credits is used."""

    of: str
    """`commitment` or `credits`."""
    name: str
    contract: str
    first_day: date
    whole: Decimal
    used: Decimal

    def is_past(self, threshold: int) -> bool:
        """Whether so many percent or more are used."""
        return self.whole > 0 and self.used * _PERCENT >= self.whole * threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """A threshold that is crossed."""

    subject: str
    """Names it for good: what was told is not told again, whatever is corrected since."""
    threshold: int
    told: Mapping[str, object]


def listened_to(tx: Transaction) -> list[int]:
    """The thresholds that somebody wants to be told of; without listeners nothing is computed."""
    listening = webhooks.listening(tx, EventKind.THRESHOLD_CROSSED)
    return sorted({each for endpoint in listening for each in endpoint.thresholds})


def crossed(found: Position, thresholds: Iterable[int]) -> Iterator[Crossed]:
    """Which thresholds are crossed where credits and commitments stand."""
    for each in _used(found):
        for threshold in filter(each.is_past, thresholds):
            yield Crossed(
                subject=f"{each.of} {each.contract} {each.name} {each.first_day} {threshold}",
                threshold=threshold,
                told={
                    each.of: each.name,
                    "contract": each.contract,
                    "threshold": threshold,
                    "as_of": found.as_of.isoformat(),
                },
            )


def tell_crossed(tx: Transaction, found: Iterable[Crossed]) -> None:
    """Tell those who listen what is crossed; what was told is not told again."""
    for each in found:
        happened(tx, EventKind.THRESHOLD_CROSSED, each.subject, each.told, threshold=each.threshold)


def _used(found: Position) -> Iterator[_Used]:
    for each in found.commitments():
        yield _Used(
            of="commitment",
            name=each.commitment,
            contract=each.contract,
            first_day=each.first_day,
            whole=each.amount,
            used=each.consumed,
        )
    for lot in found.credits():
        yield _Used(
            of="credits",
            name=lot.grant,
            contract=lot.contract,
            first_day=lot.first_day,
            whole=lot.granted + lot.corrected,
            used=lot.drawn,
        )
