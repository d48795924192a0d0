"""Standalone selling prices from what was invoiced (606-10-32-32 to 32-34).

Strata are chosen from the data: a stratum is split by region, segment or volume where that makes
prices clearly more alike. The middle is the median, drawn to the product's where a stratum is thin.
Whether prices concentrate around it is the bell-curve test; where they do not, a person judges
whether the price is highly variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np

from revrec.citations import cites
from revrec.estimation.numbers import Booleans, Floats, Integers, quantity, ratio
from revrec.estimation.pooling import level_prior

_OUTLYING = 5.0
"""Median deviations from the median beyond which a price is left out, with that reason."""
_DEPTH_MAX = 3
_VOLUME_BANDS = 3
_MEDIAN_VARIANCE = np.pi / 2
"""Variance of a median over that of a mean, if prices are normal on the logarithm."""
_LABELS = ("region", "segment")
_FLAT = 0.02
"""Deviation of a list price that everybody pays; a spread of nothing is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeen:
    """A price at which a product was sold, for one of its units."""

    product: str
    currency: str
    per: str
    """What it is for: ``unit``, ``unit_month``."""
    price: Decimal
    units: Decimal
    """Volume it was sold at."""
    on: date
    region: str = ""
    segment: str = ""
    alone: bool = True
    """Sold by itself; prices in bundles count only where none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPolicy:
    """The numbers of a study, as elected."""

    band: float = 0.15
    inside: float = 0.70
    least: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Prices that are alike, and the range they show."""

    product: str
    currency: str
    per: str
    region: str
    segment: str
    quantity_from: Decimal | None
    quantity_to: Decimal | None
    count: int
    least: Decimal
    tenth: Decimal
    median: Decimal
    mean: Decimal
    ninetieth: Decimal
    most: Decimal
    variation: Decimal
    """Deviation over mean."""
    inside: Decimal
    """Share within the band around the middle."""
    credibility: Decimal
    """How much of the middle is the stratum's own."""
    middle: Decimal
    low: Decimal
    high: Decimal
    concentrates: bool
    """Whether enough lie inside the band: an observable price."""
    left_out: Mapping[str, int]
    """Prices not counted, by reason."""
    histogram: tuple[int, ...]
    """Counts in ten steps from the least to the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prices:
    seen: Sequence[PriceSeen]
    logs: Floats
    units: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    rows: Integers
    where: Mapping[str, str]
    volume: tuple[float, float] = (0.0, float("inf"))


@cites("606-10-32-32", "606-10-32-33", "606-10-32-34")
def study(seen: Sequence[PriceSeen], policy: StudyPolicy) -> list[Stratum]:
    """Strata with their ranges, by product, currency and what a price is for."""
    groups: dict[tuple[str, str, str], list[PriceSeen]] = {}
    for each in seen:
        groups.setdefault((each.product, each.currency, each.per), []).append(each)
    return [
        stratum for _, group in sorted(groups.items()) for stratum in _of_product(group, policy)
    ]


def _of_product(group: Sequence[PriceSeen], policy: StudyPolicy) -> Iterator[Stratum]:
    """The strata of one product; prices that are none are left out with their reason."""
    positive = [each for each in group if each.price > 0]
    left_out = {"not above zero": len(group) - len(positive)}
    alone = [each for each in positive if each.alone]
    if alone and len(alone) < len(positive):
        left_out["sold in a bundle"] = len(positive) - len(alone)
        positive = alone
    if not positive:
        return
    ordered = sorted(positive, key=lambda each: (each.on, each.price, each.units))
    prices = _Prices(
        seen=ordered,
        logs=np.log(np.array([float(each.price) for each in ordered])),
        units=np.array([float(each.units) for each in ordered]),
    )
    cells = list(_split(prices, _Cell(rows=np.arange(len(ordered)), where={}), policy, 0))
    kept = [_without_outliers(prices, cell) for cell in cells]
    middles = np.array([float(np.median(prices.logs[cell.rows])) for cell in kept])
    doubts = np.array([_doubt(prices.logs[cell.rows]) for cell in kept])
    prior = level_prior(middles, doubts)
    drawn, _ = prior.combined(middles, doubts)
    shares = prior.credibility(doubts) if len(kept) > 1 else np.ones(1)
    if len(kept) == 1:
        drawn = middles
    for place, (cell, before) in enumerate(zip(kept, cells, strict=True)):
        out = {"outlying": len(before.rows) - len(cell.rows)} | (left_out if not place else {})
        told = _told(prices, cell, float(np.exp(drawn[place])), policy)
        yield replace(
            told,
            credibility=ratio(shares[place]),
            left_out={reason: count for reason, count in out.items() if count},
        )


def _split(prices: _Prices, cell: _Cell, policy: StudyPolicy, depth: int) -> Iterator[_Cell]:
    """The cell, or its parts where splitting it makes prices clearly more alike."""
    best: tuple[float, list[_Cell]] = (0.0, [])
    if depth < _DEPTH_MAX:
        for parts in _candidates(prices, cell):
            if len(parts) > 1 and min(len(each.rows) for each in parts) >= policy.least:
                gain = _gain(prices.logs, cell.rows, [each.rows for each in parts])
                if gain > best[0]:
                    best = (gain, parts)
    if not best[1]:
        yield cell
        return
    for part in best[1]:
        yield from _split(prices, part, policy, depth + 1)


def _candidates(prices: _Prices, cell: _Cell) -> Iterator[list[_Cell]]:
    """Ways to split a cell: by a label, or by bands of volume."""
    for label in _LABELS:
        if label not in cell.where:
            values = np.array([getattr(prices.seen[row], label) for row in cell.rows])
            yield (
                [
                    replace(
                        cell, rows=cell.rows[values == value], where={**cell.where, label: value}
                    )
                    for value in np.unique(values).tolist()
                    if value
                ]
                if all(values)
                else []
            )
    units = prices.units[cell.rows]
    if cell.volume == (0.0, float("inf")) and units.min() < units.max():
        bounds = np.unique(np.quantile(units, np.arange(1, _VOLUME_BANDS) / _VOLUME_BANDS))
        edges = [0.0, *(float(each) for each in bounds), float("inf")]
        yield [
            replace(cell, rows=cell.rows[(units > low) & (units <= high)], volume=(low, high))
            for low, high in pairwise(edges)
        ]


def _gain(logs: Floats, rows: Integers, parts: Sequence[Integers]) -> float:
    """How much more likely prices become by a split, less what each part costs (BIC)."""

    def loss(of: Integers) -> float:
        spread = max(float(np.median(np.abs(logs[of] - np.median(logs[of])))) * 1.4826, _FLAT)
        scaled = np.minimum(np.abs(logs[of] - np.median(logs[of])) / spread, _OUTLYING)
        return float(len(of) * np.log(spread) + 0.5 * (scaled**2).sum())

    cost = (len(parts) - 1) * np.log(len(rows))
    return loss(rows) - sum(loss(part) for part in parts) - float(cost)


def _without_outliers(prices: _Prices, cell: _Cell) -> _Cell:
    logs = prices.logs[cell.rows]
    spread = max(float(np.median(np.abs(logs - np.median(logs)))) * 1.4826, _FLAT)
    kept: Booleans = np.abs(logs - np.median(logs)) <= _OUTLYING * spread
    return replace(cell, rows=cell.rows[kept])


def _doubt(logs: Floats) -> float:
    """Variance of the median."""
    spread = max(float(np.median(np.abs(logs - np.median(logs)))) * 1.4826, _FLAT)
    return float(_MEDIAN_VARIANCE * spread**2 / len(logs))


def _told(prices: _Prices, cell: _Cell, middle: float, policy: StudyPolicy) -> Stratum:
    """A stratum with its figures; the range is the band, or what most prices span."""
    first = prices.seen[int(cell.rows[0])]
    values = np.exp(prices.logs[cell.rows])
    inside = float((np.abs(values / middle - 1) <= policy.band).mean())
    tail = (1 - policy.inside) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    concentrates = inside >= policy.inside
    if concentrates:
        low, high = middle * (1 - policy.band), middle * (1 + policy.band)
    deviation = float(values.std() / values.mean())
    volume_low, volume_high = cell.volume
    counts = np.histogram(values, 10)[0] if values.min() < values.max() else [len(values)]
    return Stratum(
        product=first.product,
        currency=first.currency,
        per=first.per,
        region=cell.where.get("region", ""),
        segment=cell.where.get("segment", ""),
        quantity_from=quantity(volume_low + 1e-6) if volume_low else None,
        quantity_to=quantity(volume_high) if np.isfinite(volume_high) else None,
        count=len(values),
        least=quantity(values.min()),
        tenth=quantity(np.quantile(values, 0.1)),
        median=quantity(np.median(values)),
        mean=quantity(values.mean()),
        ninetieth=quantity(np.quantile(values, 0.9)),
        most=quantity(values.max()),
        variation=ratio(deviation),
        inside=ratio(inside),
        credibility=Decimal(1),
        middle=quantity(middle),
        low=quantity(min(low, middle)),
        high=quantity(max(high, middle)),
        concentrates=concentrates,
        left_out={},
        histogram=tuple(int(each) for each in counts),
    )
