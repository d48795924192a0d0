"""Revenue against what an earlier report had scheduled for the same months, row by row.

The forecast is what passes with time of the prices known then, as the earlier report's waterfall
scheduled it; what is used or delivered had no schedule and is a driver of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from reports.columns import CURRENCY
from reports.cover import Cover
from reports.earlier import Earlier, Fields, Twin, twin_of
from reports.totals import money_totals
from revrec.disclosure.columns import CONTRACT, CUSTOMER, OBLIGATION, ROW_KEY, rolled, text
from revrec.disclosure.columns import CURRENCY as CURRENCY_COLUMN
from revrec.model.dataset import DataSet, TieOut
from revrec.money import to_minor

FORECAST = "actual_against_forecast"
_WATERFALL = "revenue_waterfall"
_ACTUAL, _SCHEDULED = "actual_", "scheduled_"
_LINES = {
    "forecast": "Scheduled then",
    "new": "Contracts and promises since",
    "gone": "No longer in the books",
    "late": "Of earlier months",
    "price": "Changed prices and estimates",
    "unscheduled": "Used or delivered",
    "other": "Other",
    "actual": "Recognised",
}


def against_forecast(
    earlier: Earlier, data: Mapping[str, DataSet], cover: Cover
) -> tuple[list[DataSet], list[TieOut]]:
    """The comparison and its check; nothing where the earlier report scheduled none of the months.

    Every difference has one driver, but for what belongs to earlier months, which stands apart:
    a row that came or went, a changed price, else no schedule then, else what is left.
    """
    then = earlier.twins.get(_WATERFALL)
    now = twin_of(data[_WATERFALL])
    months = [name.removeprefix(_ACTUAL) for name in now.types if name.startswith(_ACTUAL)]
    if then is None or not all(f"{_SCHEDULED}{month}" in then.types for month in months):
        return [], []
    rows = list(_rows(then, now, months))
    sheet = DataSet(
        name=FORECAST,
        title="Revenue against forecast",
        columns=[CUSTOMER, CONTRACT, OBLIGATION, CURRENCY_COLUMN, *rolled(_LINES),
                 text("largest", "Largest driver"), ROW_KEY],
        rows=rows,
        note=f"What the report of {earlier.period}, v{earlier.version}, run {earlier.run_id} had "
        f"scheduled for {cover.months}, and what was recognised. Use and deliveries had no "
        "schedule.",
    )  # fmt: skip
    actual = money_totals(sheet, "actual")
    posted: defaultdict[str, int] = defaultdict(int)
    for month in months:
        for currency, amount in money_totals(data[_WATERFALL], f"{_ACTUAL}{month}").items():
            posted[currency] += amount
    return [sheet], [
        TieOut(
            name="Revenue against forecast",
            left_name="Revenue against forecast: recognised",
            left=actual.get(currency, 0),
            right_name="Revenue waterfall: actual",
            right=posted.get(currency, 0),
            currency=currency,
            mark="CF",
        )
        for currency in sorted({*actual, *posted})
    ]


def _rows(then: Twin, now: Twin, months: list[str]) -> Iterator[tuple[object, ...]]:
    for key in [*now.rows, *(key for key in then.rows if key not in now.rows)]:
        before, after = then.rows.get(key), now.rows.get(key)
        fields = after or before
        assert fields is not None
        currency = fields[CURRENCY]
        forecast = sum(_minor(before, f"{_SCHEDULED}{month}", currency) for month in months)
        actual = sum(_minor(after, f"{_ACTUAL}{month}", currency) for month in months)
        if not forecast and not actual:
            continue
        parts = dict.fromkeys(_LINES, 0) | {"forecast": forecast, "actual": actual}
        late = 0 if before is None else _minor(after, "late", currency)
        parts["late"] = late
        parts[_driver(before, after, forecast)] += actual - forecast - late
        moved = {name: abs(parts[name]) for name in _LINES if name not in {"forecast", "actual"}}
        largest = max(moved, key=lambda name: moved[name])
        yield (
            fields["customer"], fields["contract"], fields["obligation"], currency,
            *parts.values(), _LINES[largest] if moved[largest] else "", key,
        )  # fmt: skip


def _driver(before: Fields | None, after: Fields | None, forecast: int) -> str:
    """What a difference is put down to."""
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if not forecast:
        return "unscheduled"
    return "price" if before["allocated"] != after["allocated"] else "other"


def _minor(fields: Fields | None, name: str, currency: str) -> int:
    told = None if fields is None else fields.get(name)
    return to_minor(Decimal(told), currency) if told else 0
