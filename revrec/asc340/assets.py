"""Contract costs as they stand while their facts are walked in order, and their segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from revrec.asc340.amortization import COMPLETE
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract
from revrec.model.costs import ContractCost
from revrec.model.decision import Segment, Shape, Stream
from revrec.periods import FOREVER, day_before, next_day

PRODUCT_MAX = 10**37
"""Largest product of amount and count that step 5 multiplies exactly, in 128 bits."""


@dataclass(slots=True, kw_only=True)
class Carried:
    """One cost, or its part for one obligation: what became of it so far, in minor units.

    ``capitalized = amortized + impaired + left``; ``left`` is amortised by ``shape`` from where
    that starts, so the carrying amount on a day is ``left`` less what ``shape`` has come to.
    """

    cost: ContractCost
    obligation: str
    shape: Shape = COMPLETE
    follows: bool = False
    """Whether ``shape`` is the related obligation's own count, and changes with it."""
    expensed: int = 0
    capitalized: int = 0
    amortized: int = 0
    impaired: int = 0
    left: int = 0
    forgone: int = 0
    """What would be left besides, had nothing been impaired: the most that can be recovered."""
    is_asset: bool = False
    spent: bool = False
    """Whether nothing of the benefit is still to come."""
    derecognized: bool = False
    decisions: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The cost's id."""
        return self.cost.id

    @property
    def name(self) -> str:
        """The cost, and of a part its obligation, for readers."""
        return " of ".join(filter(None, self.key))

    @property
    def key(self) -> tuple[str, str]:
        """The cost, and the obligation it relates to."""
        return self.cost.id, self.cost.obligation or ""

    @property
    def layers(self) -> Mapping[_Key, _Layer]:
        """What is in force of the cost, by stream."""
        because = tuple(self.decisions)
        amounts = {
            (Stream.COST_EXPENSED, False): (self.expensed, COMPLETE),
            (Stream.COST_CAPITALIZED, False): (self.capitalized, COMPLETE),
            (Stream.COST_AMORTIZED, False): (self.amortized, COMPLETE),
            (Stream.COST_AMORTIZED, True): (self.left, self.shape),
            (Stream.COST_IMPAIRED, False): (self.impaired, COMPLETE),
        }
        return {
            (*self.key, stream, moving): _Layer(
                amount=amount,
                shape=shape,
                obligation=self.obligation,
                decisions=because,
                not_before=next_day(self.cost.on) if moving else self.cost.on,
            )
            for (stream, moving), (amount, shape) in amounts.items()
            if amount
        }


_Key = tuple[str, str, Stream, bool]
"""Cost, obligation it relates to, stream, and whether the amount still moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    amount: int
    shape: Shape
    obligation: str
    decisions: tuple[int, ...]
    not_before: date
    """A cost is carried in full at the end of the day it was incurred; the next amortises both."""


class CostTimeline:
    """Layers in force of every cost of a contract, and the segments of those replaced."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._open: dict[_Key, tuple[date, _Layer]] = {}
        self._closed: list[Segment] = []

    def publish(self, day: date, carried: Carried) -> None:
        """From ``day`` on the cost stands like this; what is unchanged goes on as it is.

        Raises UnsupportedTerm where the product of amount and count would leave 128 bits.
        """
        layers = carried.layers
        for (name, *_), layer in layers.items():
            if abs(layer.amount) * max(layer.shape.whole, layer.shape.entitled or 1) > PRODUCT_MAX:
                raise UnsupportedTerm(
                    f"Cost {name} of contract {self._contract.id}, {layer.amount:,} in minor "
                    "units, times its count is beyond exact arithmetic.",
                    citation="340-40-35-1",
                    remedy="Check the units, or amortise by time.",
                    contract=self._contract.id,
                    field=f"contract_cost.{name}",
                )
        for key, (since, layer) in list(self._open.items()):
            if key[:2] == carried.key and layers.get(key) != layer:
                if max(since, layer.not_before) < day:
                    self._closed.append(self._segment(key, layer, since, day_before(day)))
                del self._open[key]
        for key, layer in layers.items():
            self._open.setdefault(key, (day, layer))

    def segments(self) -> tuple[Segment, ...]:
        """All segments, those still in force last."""
        in_force = [
            self._segment(key, layer, on, FOREVER) for key, (on, layer) in self._open.items()
        ]
        return (*self._closed, *in_force)

    def _segment(self, key: _Key, layer: _Layer, since: date, last: date) -> Segment:
        name, _, stream, _ = key
        return Segment(
            contract=self._contract.id,
            obligation=layer.obligation,
            component=name,
            product="",
            currency=self._contract.currency,
            valid_from=max(since, layer.not_before),
            valid_to=last,
            price=layer.amount,
            shape=layer.shape,
            stream=stream,
            decisions=layer.decisions,
        )
