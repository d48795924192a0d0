"""The usage ledger's daily sums as histories of what components count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.estimation.panel import DailyUse, Doubt, Panel, panel_of
from revrec.model.contract import CountedIn

STEP_DAYS = 28
"""A step is four weeks ..."""
STEP_DAYS_YOUNG = 7
"""... or one, for a portfolio whose longest history has fewer than ``STEPS_MIN`` of four."""
STEPS_MIN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is counted of a contract: some meters, in units or in rated amounts."""

    contract: str
    meters: frozenset[str]
    counted_in: CountedIn
    first_day: date
    cohort: str
    """Name of similar series."""
    doubt: Doubt | None = None

    @property
    def name(self) -> str:
        """The name it has in the panel."""
        return f"{self.contract} {'+'.join(sorted(self.meters))} {self.counted_in}"


def history_of(daily: pa.Table, series: Sequence[Series], as_of: date) -> Panel:
    """A panel with a row for each series, in their order.

    ``daily`` has contract, meter, usage_date, quantity and amount, as the roll-up gives them.
    """
    places: dict[tuple[str, str, CountedIn], list[int]] = {}
    for place, each in enumerate(series):
        for meter in each.meters:
            places.setdefault((each.contract, meter, each.counted_in), []).append(place)
    parts = [
        _counted(daily, places, counted_in, column)
        for counted_in, column in ((CountedIn.QUANTITY, "quantity"), (CountedIn.AMOUNT, "amount"))
    ]
    use = DailyUse(
        contract=np.concatenate([each.contract for each in parts]),
        day=np.concatenate([each.day for each in parts]),
        quantity=np.concatenate([each.quantity for each in parts]),
    )
    first = [each.first_day.toordinal() for each in series]
    longest = as_of.toordinal() + 1 - min(first, default=as_of.toordinal())
    return panel_of(
        use,
        names=[each.name for each in series],
        first_days=first,
        as_of=as_of.toordinal(),
        step_days=STEP_DAYS if longest >= STEPS_MIN * STEP_DAYS else STEP_DAYS_YOUNG,
        cohorts=[each.cohort for each in series],
        doubts={each.name: frozenset({each.doubt}) for each in series if each.doubt},
    )


def use_of(daily: pa.Table, series: Series, as_of: date) -> Decimal:
    """All that was counted of a series to the end of a day, to the last digit."""
    days = daily["usage_date"]
    inside = [
        pc.equal(daily["contract"], series.contract),
        pc.is_in(daily["meter"], pa.array(sorted(series.meters), pa.string())),
        pc.greater_equal(days, pa.scalar(series.first_day)),
        pc.less_equal(days, pa.scalar(as_of)),
    ]
    column = "quantity" if series.counted_in is CountedIn.QUANTITY else "amount"
    used: Decimal | None = pc.sum(daily[column].filter(reduce(pc.and_, inside))).as_py()
    return Decimal(0) if used is None else used


def _counted(
    daily: pa.Table,
    places: Mapping[tuple[str, str, CountedIn], Sequence[int]],
    counted_in: CountedIn,
    column: str,
) -> DailyUse:
    """Days of the series counted in one way; a day counts for every series it belongs to."""
    keys = [key for key in places if key[2] is counted_in]
    mapping = pa.table(
        {
            "contract": pa.array([k[0] for k in keys for _ in places[k]], pa.string()),
            "meter": pa.array([k[1] for k in keys for _ in places[k]], pa.string()),
            "place": pa.array([place for k in keys for place in places[k]], pa.int64()),
        }
    )
    told = daily.select(["contract", "meter", "usage_date", column])
    joined = told.join(mapping, ["contract", "meter"], join_type="inner")
    days = pc.cast(joined["usage_date"], pa.int32()).to_numpy().astype(np.int64)
    return DailyUse(
        contract=joined["place"].to_numpy().astype(np.int64),
        day=days + date(1970, 1, 1).toordinal(),
        quantity=pc.cast(joined[column], pa.float64()).to_numpy(),
    )
