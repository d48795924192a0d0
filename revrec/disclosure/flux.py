"""Why revenue changed: against the periods before and a year before, by driver.

The drivers of a line add up to its change to the minor unit. With q and p the units used and the
price of each, 0 for the earlier periods and 1 for those reported, P the price of a product's
units in all lines that go on:

    volume   (q1 - q0) x P0
    mix      (q1 - q0) x (p0 - P0)
    price    what is left of the change, so q1 x (p1 - p0)

Prices compare what was used in each of the periods, whenever it was learned; what was learned
after a period closed is a driver of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.by_column import gathered
from revrec.disclosure.checks import summed, sums, table_of
from revrec.disclosure.frame import Frame
from revrec.disclosure.span import Span
from revrec.model.dataset import DataSet, TieOut
from revrec.money import as_text, from_minor, round_ratio
from revrec.periods import Period

DETAIL, BY_PRODUCT = "flux_detail", "flux"
DRIVERS: Mapping[str, str] = {
    "new_contracts": "New contracts",
    "ended_contracts": "Ended contracts",
    "volume": "Volume",
    "mix": "Mix",
    "price": "Price",
    "schedule": "Passage of time",
    "modification": "Modifications",
    "estimate": "Estimates",
    "breakage": "Breakage",
    "earlier": "Learned after the close",
}
"""Column -> heading."""
_YEAR = 12
_TAKEN_OVER = "(event = 'cutover_adjustment' or starts_with(event, 'opening_'))"
_LINES = f"""
with revenue as (
    select f.comparison, p.contract, p.obligation, p.product, p.category, p.currency, p.as_used,
           p.period >= f.first as reported, p.period >= f.base_first and p.period <= f.base_last
               as before,
           p.origin >= f.first as of_reported,
           p.origin >= f.base_first and p.origin <= f.base_last as of_before, -p.amount as amount
    from posted p cross join flux_span f
    where p.account = 'revenue' and not {_TAKEN_OVER} and p.period >= f.base_first
)
select r.comparison, coalesce(any_value(k.customer), ''), r.contract, r.obligation, r.product,
       r.category, r.currency, bool_or(r.as_used),
       coalesce(sum(amount) filter (before), 0)::bigint,
       coalesce(sum(amount) filter (reported), 0)::bigint,
       coalesce(sum(amount) filter (of_before), 0)::bigint,
       coalesce(sum(amount) filter (reported and of_reported), 0)::bigint
from revenue r left join contract k using (contract)
group by r.comparison, r.contract, r.obligation, r.product, r.category, r.currency
having count(*) filter (before or reported) > 0 order by all
"""
_USED = """
select f.comparison, u.contract, u.obligation,
       coalesce(sum(quantity) filter (day <= f.base_last_day), 0),
       coalesce(sum(quantity) filter (day >= f.first_day), 0)
from flux_used u join flux_span f
  on day between f.base_first_day and f.base_last_day or day between f.first_day and f.last_day
group by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The periods of a report, and as many earlier ones."""

    name: str
    base_first: Period
    base_last: Period
    span: Span


@dataclass(slots=True, kw_only=True)
class Line:
    """Revenue of an obligation in a category: then, now, and what made the difference."""

    comparison: str
    customer: str
    contract: str
    obligation: str
    product: str
    category: str
    currency: str
    as_used: bool
    base: int
    current: int
    of_base: int
    """For the earlier periods, whenever it was learned."""
    of_current: int
    units_base: Decimal = Decimal(0)
    units_current: Decimal = Decimal(0)
    drivers: dict[str, int] = field(default_factory=dict)

    @property
    def change(self) -> int:
        """Minor units more than before."""
        return self.current - self.base


def comparisons(span: Span) -> list[Comparison]:
    """The periods just before, and the same ones of the year before; once if those are the same."""
    count = len(span.periods)
    found: dict[int, Comparison] = {}
    for name, back in (("the period before", count), ("the year before", _YEAR)):
        found[back] = found.get(back) or Comparison(
            name=name,
            base_first=span.first.plus(-back),
            base_last=span.period.plus(-back),
            span=span,
        )
    return list(found.values())


@cites("606-10-50-5", "606-10-50-10")
def flux(frame: Frame) -> list[DataSet]:
    """Changes of revenue by product with the threshold of the policy, and line by line."""
    found = lines(frame)
    return [_by_product(frame, found), _detail(found)]


def lines(frame: Frame) -> list[Line]:
    """Every line of revenue in the periods reported or compared with, its change explained."""
    compared = comparisons(frame.span)
    frame.load("flux_span", _spans(compared))
    frame.load("flux_used", _used(frame.inputs.usage))
    names = (
        "comparison", "customer", "contract", "obligation", "product", "category", "currency",
        "as_used", "base", "current", "of_base", "of_current",
    )  # fmt: skip
    found = [Line(**dict(zip(names, row, strict=True))) for row in frame.rows(_LINES)]  # type: ignore[arg-type] # typed by the query
    used = {tuple(map(str, row[:3])): row[3:] for row in frame.rows(_USED)}
    for line in found:
        units = used.get((line.comparison, line.contract, line.obligation))
        if line.as_used and units:
            line.units_base, line.units_current = (Decimal(str(each)) for each in units)
    _explain(frame, compared, found)
    return found


def _spans(compared: Sequence[Comparison]) -> pa.Table:
    return pa.table(
        {
            "comparison": [each.name for each in compared],
            "base_first": [str(each.base_first) for each in compared],
            "base_last": [str(each.base_last) for each in compared],
            "first": [str(each.span.first) for each in compared],
            "base_first_day": [each.base_first.first for each in compared],
            "base_last_day": [each.base_last.last for each in compared],
            "first_day": [each.span.first.first for each in compared],
            "last_day": [each.span.last for each in compared],
        }
    )


def _used(usage: Sequence[pa.Table] | None) -> pa.Table:
    """Units by contract, obligation and day; none where no counts are at hand."""
    wanted = ["contract", "obligation", "day", "quantity"]
    types = (pa.string(), pa.string(), pa.date32(), pa.decimal128(38, 9))
    schema = pa.schema(list(zip(wanted, types, strict=True)))
    return pa.concat_tables(
        [schema.empty_table(), *(each.select(wanted).cast(schema) for each in usage or ())]
    )


def _explain(frame: Frame, compared: Sequence[Comparison], found: Sequence[Line]) -> None:
    """Name the drivers of every line; they add up to its change."""
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in found:
        sums = totals[line.comparison, line.contract]
        sums[0] += abs(line.base)
        sums[1] += abs(line.current)
    average = _average_prices(found)
    since = {each.name: each.base_last.last for each in compared}
    modified = _modified(frame)
    for line in found:
        base, current = totals[line.comparison, line.contract]
        changed = any(
            since[line.comparison] < day <= frame.span.last for day in modified[line.contract]
        )
        if not base or not current:
            line.drivers = {"new_contracts" if current else "ended_contracts": line.change}
            continue
        own = line.of_current - line.of_base
        line.drivers = {"earlier": line.change - own}
        if line.as_used and line.category != "breakage":
            line.drivers |= _of_use(line, average[line.comparison, line.product, line.currency])
        elif line.category in {"breakage", "estimate"}:
            line.drivers[line.category] = own
        else:
            line.drivers["modification" if changed else "schedule"] = own


def _average_prices(found: Iterable[Line]) -> Mapping[tuple[str, str, str], Fraction]:
    """Price of a unit of each product in the earlier periods, of the lines that had use then."""
    sums: defaultdict[tuple[str, str, str], list[Fraction]] = defaultdict(
        lambda: [Fraction(0), Fraction(0)]
    )
    for line in found:
        if line.as_used and line.units_base:
            held = sums[line.comparison, line.product, line.currency]
            held[0] += line.of_base
            held[1] += Fraction(line.units_base)
    prices = {key: Fraction(amount, units) for key, (amount, units) in sums.items() if units}
    return defaultdict(Fraction, prices)


def _of_use(line: Line, average: Fraction) -> dict[str, int]:
    """Volume, mix and price of a line; all of it is volume where nothing was used before."""
    own = line.of_current - line.of_base
    if not line.units_base:
        return {"volume": own}
    more = Fraction(line.units_current) - Fraction(line.units_base)
    price = Fraction(Fraction(line.of_base), Fraction(line.units_base))
    volume = _rounded(more * average)
    mix = _rounded(more * price) - volume
    return {"volume": volume, "mix": mix, "price": own - volume - mix}


def _rounded(amount: Fraction) -> int:
    return round_ratio(amount.numerator, amount.denominator)


def _modified(frame: Frame) -> Mapping[str, Sequence[date]]:
    """Days on which the terms of each contract changed, also of those combined since."""
    book = frame.inputs.book
    return {
        name: [each.new_terms_from or each.on for each in history.modifications]
        for name, history in {**book.apart, **book.histories}.items()
    } | {"": []}


def _detail(found: Sequence[Line]) -> DataSet:
    rows = (
        (
            line.comparison, line.customer, line.contract, line.obligation, line.product,
            line.category, line.currency, line.base, line.current, line.change,
            *[line.drivers.get(name, 0) for name in DRIVERS],
            line.units_base, line.units_current,
            c.key_of(line.comparison, line.contract, line.obligation, line.product, line.category,
                     line.currency),
        )
        for line in found
    )  # fmt: skip
    columns = [
        c.text("comparison", "Against"), c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.PRODUCT,
        c.text("category", "Category"), c.CURRENCY, *_AMOUNTS,
        c.quantity("units_base", "Units then"), c.quantity("units_current", "Units now"),
        c.ROW_KEY,
    ]  # fmt: skip
    return DataSet(
        name=DETAIL,
        title="Changes of revenue by contract",
        columns=columns,
        rows=gathered(columns, rows),
        note="Volume, mix and price of what is priced as it is used; drivers add up to the change.",
    )


_AMOUNTS = (
    c.money("base", "Then"),
    c.money("current", "Now", parts=("base", "change")),
    c.money("change", "Change", parts=DRIVERS),
    *(c.money(name, title) for name, title in DRIVERS.items()),
)


def _by_product(frame: Frame, found: Sequence[Line]) -> DataSet:
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for line in found:
        held = sums.setdefault(
            (line.comparison, line.product, line.currency),
            dict.fromkeys(("base", "current", "change", *DRIVERS), 0),
        )
        amounts = {"base": line.base, "current": line.current, "change": line.change}
        for name, amount in (amounts | line.drivers).items():
            held[name] += amount
    policy = frame.inputs.book.policy
    share = Fraction(Fraction(policy.value("flux_share").removesuffix("%")), 100)
    least = Decimal(policy.value("flux_amount"))
    rows = [
        (
            *key, *held.values(), _share(held),
            "yes" if _asks(held, key[2], share, least) else "",
            _in_words(held, key[2]), "", c.key_of(*key),
        )
        for key, held in sorted(sums.items())
    ]  # fmt: skip
    return DataSet(
        name=BY_PRODUCT,
        title="Changes of revenue",
        columns=[
            c.text("comparison", "Against"), c.PRODUCT, c.CURRENCY, *_AMOUNTS,
            c.ratio("share", "Change, share"), c.text("asks", "Asks for an explanation"),
            c.text("in_words", "Largest drivers"), c.text("explanation", "Explanation"),
            c.ROW_KEY,
        ],
        rows=rows,
        note=f"An explanation is asked for beyond {policy.value('flux_share')} and "
        f"{least:,f} of the line's currency.",
    )  # fmt: skip


def _share(held: Mapping[str, int]) -> Decimal | None:
    """The change as a share of what was before, to a hundredth of a percent; none from nothing."""
    if not held["base"]:
        return None
    return Decimal(round_ratio(held["change"] * 10_000, abs(held["base"]))).scaleb(-4)


def _asks(held: Mapping[str, int], currency: str, share: Fraction, least: Decimal) -> bool:
    change = abs(held["change"])
    return change > share * abs(held["base"]) and from_minor(change, currency) > least


def _in_words(held: Mapping[str, int], currency: str) -> str:
    """The two drivers that moved most."""
    moved = sorted((name for name in DRIVERS if held[name]), key=lambda name: -abs(held[name]))
    return "; ".join(f"{DRIVERS[name]} {as_text(held[name], currency)}" for name in moved[:2])


def flux_tie_outs(data: Mapping[str, DataSet]) -> Iterator[TieOut]:
    """Drivers add up to the change, and revenue now is revenue by product, in each currency."""
    detail = data[DETAIL]
    posted = sums(data["revenue_by_product"], ["amount"])
    told = table_of(detail, ("comparison", "currency", "current", "change", *DRIVERS))
    of = {
        name: summed(told, ("comparison", "currency"), name)
        for name in ("current", "change", *DRIVERS)
    }
    for key in sorted(of["change"]):
        comparison, currency = key
        current, change = of["current"][key], of["change"][key]
        drivers = sum(of[name][key] for name in DRIVERS)
        yield TieOut(
            name=f"Changes against {comparison}: drivers",
            left_name="Changes of revenue: all drivers", left=drivers,
            right_name="Changes of revenue: now less then", right=change,
            currency=currency, mark="CF",
        )  # fmt: skip
        yield TieOut(
            name=f"Changes against {comparison}: revenue now",
            left_name="Changes of revenue: now", left=current,
            right_name="Revenue by product", right=posted.get(currency, 0),
            currency=currency, mark="CF",
        )  # fmt: skip
