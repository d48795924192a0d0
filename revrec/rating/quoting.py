"""What usage costs by prices that no book holds: the same statement that rates the books."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date
from decimal import Decimal

import pyarrow as pa

from revrec.columnar import table_of
from revrec.model.contract import Contract
from revrec.model.rating import Price, PriceAgreement, RateCard, Reset
from revrec.periods import FOREVER, Month
from revrec.rating.aggregates import apart
from revrec.rating.catalogue import Told
from revrec.rating.questions import Answer, UsagePrice, UsageTold, contradicts, plain
from revrec.rating.rate import OPENING, metered_of, rate
from revrec.rating.windows import Recurring, windows

_ASKED = "asked"
_ROWS = (
    "day meter labels line charge tier window_first before after quantity gross credited amount"
).split()


def priced(asked: UsagePrice) -> Answer:
    """Rated lines of usage, their totals by line and in all, and what has no price.

    Raises FeedError for usage without a day, or prices that do not fit together.
    """
    days = [_day(each) for each in asked.usage]
    if not days and asked.start is None:
        raise contradicts("a price of no usage", "has no start", "Give `start`, or usage.")
    start = asked.start or Month.of(min(days)).first
    through = asked.through or Month.of(max(days, default=start)).last
    told = _told(asked, start)
    found = rate(_metered(asked), told, through=through, opening=_opening(asked, start, days))
    lines = found.lines.to_pylist()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line["line"]] += line["amount"]
    figures = {"total": plain(sum(sums.values(), Decimal(0)))}
    figures |= {f"total of {line}": plain(amount) for line, amount in sums.items()}
    unpriced = found.unpriced.to_pylist()
    tables = {"lines": tuple(_row(line, _ROWS) for line in lines)}
    if unpriced:
        names = ("day", "meter", "labels", "quantity")
        tables["unpriced"] = tuple(_row(each, names) for each in unpriced)
    return Answer(kind=asked.kind, figures=figures, tables=tables)


def _told(asked: UsagePrice, start: date) -> Told:
    """The prices as a card, and an agreement to it."""
    card = RateCard(
        id=_ASKED,
        card=_ASKED,
        currency=asked.currency,
        effective_from=start,
        prices=asked.prices,
        rounding=asked.rounding,
    )
    agreement = PriceAgreement(
        id=_ASKED,
        contract=_ASKED,
        on=start,
        until=asked.until,
        card=_ASKED,
        credits=asked.credits,
    )
    contract = Contract(
        id=_ASKED,
        customer=_ASKED,
        currency=asked.currency,
        inception=start,
        end=asked.until,
        obligations=(),
        consideration=(),
    )
    return Told(cards=[(card, 1)], agreements=[agreement], contracts={_ASKED: contract})


def _metered(asked: UsagePrice) -> pa.Table:
    singly, hourly = _named(asked.prices, _single), _named(asked.prices, _hourly)
    rows = [
        (
            _ASKED,
            each.meter,
            _day(each),
            json.dumps(dict(each.labels), sort_keys=True, separators=(",", ":")),
            _event(each, number, singly=each.meter in singly, hourly=each.meter in hourly),
            each.quantity,
        )
        for number, each in enumerate(asked.usage, 1)
    ]
    return metered_of(rows)


def _event(each: UsageTold, number: int, *, singly: bool, hourly: bool) -> str:
    """What tells the row apart, as ``METERED`` asks for it."""
    hour = ""
    if hourly:
        if each.at is None:
            raise contradicts(
                f"usage of {each.meter}", "is priced by the hour and has no moment", "Give `at`."
            )
        hour = f"{each.at.astimezone(UTC):%Y-%m-%dT%H}+00000"
    if not singly:
        return hour
    moment = "" if each.at is None else f"{each.at.astimezone(UTC).isoformat()} "
    return hour + moment + (each.event or f"{number:09d}")


def _single(price: Price) -> bool:
    return price.per_event is not None or price.resets is Reset.EVENT or apart(price)


def _hourly(price: Price) -> bool:
    return price.resets is Reset.HOUR


def _named(prices: Iterable[Price], which: Callable[[Price], bool]) -> frozenset[str]:
    """Meters of the prices that are of a kind."""
    return frozenset(
        meter for price in prices if which(price) for meter in (price.meter, *price.meters)
    )


def _opening(asked: UsagePrice, start: date, days: Sequence[date]) -> pa.Table:
    """Running totals before the first usage, in the window it lies in."""
    prices = {price.id: price for price in asked.prices}
    strangers = sorted(asked.before.keys() - prices.keys())
    if strangers:
        raise contradicts(
            f"a running total before of {', '.join(strangers)}", "is of no price asked for",
            "Name a price by its id.",
        )  # fmt: skip
    several = sorted(name for name in asked.before if apart(prices[name]))
    if several:
        raise contradicts(
            f"a running total before of {', '.join(several)}", "is of no sum",
            "Give the usage of the window.",
        )  # fmt: skip
    first = min(days, default=start)
    rows = []
    for name, quantity in sorted(asked.before.items()):
        price = prices[name]
        term = start, asked.until or FOREVER
        (window_first, _), *_ = windows(Recurring.of(price), term, first, first)
        rows.append((f"contract {_ASKED}", name, "", window_first, quantity))
    return table_of(rows, OPENING)


def _day(each: UsageTold) -> date:
    if each.on is not None:
        return each.on
    if each.at is None:
        raise contradicts(f"usage of {each.meter}", "has no day", "Give `on`, or `at`.")
    return each.at.astimezone(UTC).date()


def _row(line: dict[str, object], names: Iterable[str]) -> dict[str, str]:
    return {name: _text(line[name]) for name in names}


def _text(value: object) -> str:
    if value is None:
        return ""
    return plain(value) if isinstance(value, Decimal) else str(value)
