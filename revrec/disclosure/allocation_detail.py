"""How the transaction price is allocated: selling prices, ratios, adjustment, rounding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.asc606.transaction_price import FIXED
from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.by_column import gathered
from revrec.disclosure.frame import Frame, Row
from revrec.model.contract import ConsiderationKind, Contract
from revrec.model.dataset import DataSet
from revrec.model.decision import Decision, Segment
from revrec.money import minor_digits, round_ratio, to_minor

_RATIO_DIGITS = 8
_ROUNDING_DIGITS = 2
_SHARE_DIGITS = 6
_PERCENT = 100
_SELLING_PRICE = "standalone_selling_price."
Prices = Mapping[str, Decimal]
"""Obligation -> selling price in minor units."""


@dataclass(slots=True)
class _Component:
    """A component of a contract's price: its first allocation, and what stands; minor units."""

    since: date
    decisions: tuple[int, ...]
    first: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    standing: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@cites("606-10-32-28", "606-10-32-31", "606-10-32-36", "606-10-32-43")
def allocation_detail(frame: Frame) -> DataSet:
    """Each obligation's share of each component: when it was promised, and as it stands.

    Selling prices are those of the decision that allocated the component. What stands differs
    from the first allocation by modifications and new estimates; it sums to the transaction
    price.
    """
    components, customers = _components(frame), frame.customers
    names = sorted(components, key=lambda name: (customers[name], name))
    rows = (row for name in names for row in _rows(frame, name, components[name]))
    columns = [
        c.ENTITY, c.CUSTOMER, c.CONTRACT, c.COMPONENT, c.OBLIGATION, c.PRODUCT, c.CURRENCY,
        c.quantity("quantity", "Quantity"), c.price("selling_price", "Standalone selling price"),
        c.text("source", "Its source"), c.ratio("ratio", "Ratio"),
        c.money("stated_price", "Stated price"),
        c.ratio("of_selling_price", "Of the selling price"), c.text("in_range", "In range"),
        c.text("exception", "Exception"), c.day("promised", "Promised"),
        c.money("when_promised", "Allocated when promised"),
        c.money("adjustment", "Adjustment to stated price"),
        c.quantity("rounding", "Rounding (minor units)"), c.money("changed", "Changed since"),
        c.money("allocated", "Allocated"), c.ROW_KEY,
    ]  # fmt: skip
    return DataSet(
        name="allocation_detail",
        title="Allocation detail",
        columns=columns,
        rows=gathered(columns, rows),
        note=(
            "Selling prices are those at inception and are not updated (606-10-32-43). A single "
            "obligation takes the whole price and needs none. Usage allocated to its day "
            "(606-10-32-40) is outside the allocation. In range: the stated price is within "
            f"{_percent(frame)} of the selling price, as policy elects. Exceptions: a discount "
            "that belongs to some obligations alone (32-37), an amount that does (32-40)."
        ),
    )


def _components(frame: Frame) -> Mapping[str, Mapping[str, _Component]]:
    """Contract -> component, for prices promised by the report's end."""
    last = frame.span.last
    found: defaultdict[str, dict[str, _Component]] = defaultdict(dict)
    for name in frame.customers:
        priced = [
            segment
            for segment in frame.inputs.accounting.contracts[name].segments
            if not segment.as_used and segment.valid_from <= last
        ]
        for segment in sorted(priced, key=lambda segment: segment.valid_from):
            component = found[name].setdefault(
                segment.component, _Component(segment.valid_from, segment.decisions)
            )
            _add(component, segment, last)
    return found


def _add(component: _Component, segment: Segment, last: date) -> None:
    if segment.valid_from == component.since:
        component.first[segment.obligation] += segment.price
    if segment.valid_to >= last:
        component.standing[segment.obligation] += segment.price


def _rows(frame: Frame, name: str, components: Mapping[str, _Component]) -> Iterator[Row]:
    contract = frame.inputs.book.histories[name].contract
    decisions = frame.inputs.accounting.contracts[name].decisions
    products, band = frame.products[name], _band(frame)
    entity, customer = frame.entity, frame.customers[name]
    quantities = {each.id: each.quantity for each in frame.inputs.book.histories[name].promised}
    sources = _sources(decisions)
    apart = {each.inputs["consideration"] for each in decisions if each.rule == "explain_wholly"}
    for component, shares in sorted(components.items()):
        stated = _stated(contract) if component == FIXED else {}
        prices = _selling_prices(decisions, shares.decisions)
        whole = sum(shares.first.values())
        for obligation in sorted({*shares.first, *shares.standing, *stated}):
            first, now = shares.first.get(obligation, 0), shares.standing.get(obligation, 0)
            told = stated.get(obligation, 0) if stated else None
            price, ratio = _ratio(prices, obligation)
            of_price = _of_selling_price(told, price, contract.currency)
            rounding = None if ratio is None else _decimal(first - whole * ratio, _ROUNDING_DIGITS)
            yield (
                entity, customer, name, component, obligation,
                products.get(obligation, ""), contract.currency, quantities.get(obligation), price,
                sources.get(obligation, ""),
                None if ratio is None else _decimal(ratio, _RATIO_DIGITS), told,
                None if of_price is None else _decimal(of_price, _SHARE_DIGITS),
                _in_range(of_price, band), _exception(contract, component, obligation, apart),
                shares.since,
                first, None if told is None else first - told, rounding, now - first, now,
                c.key_of(name, component, obligation),
            )  # fmt: skip


def _selling_prices(decisions: Sequence[Decision], rests_on: Sequence[int]) -> Prices:
    """Selling prices of the decision that allocated the component; none for one obligation."""
    for number in rests_on:
        if decisions[number].rule == "allocate":
            told = decisions[number].inputs.items()
            prices = {
                key.removeprefix(_SELLING_PRICE): Decimal(value)
                for key, value in told
                if key.startswith(_SELLING_PRICE)
            }
            return prices if len(prices) > 1 else {}
    return {}


def _ratio(prices: Prices, obligation: str) -> tuple[Decimal | None, Fraction | None]:
    """Selling price in the currency, and its share of all."""
    price = prices.get(obligation)
    if price is None:
        return None, None
    whole = sum(map(Fraction, prices.values()), Fraction(0))
    return price, Fraction(Fraction(price), whole)


def _percent(frame: Frame) -> str:
    """By how much a price may differ from the selling price and be one of it, as elected."""
    return frame.inputs.book.policy.value("selling_prices_band")


def _band(frame: Frame) -> Fraction:
    """The same as a number of percent."""
    return Fraction(_percent(frame).removesuffix("%"))


def _sources(decisions: Sequence[Decision]) -> Mapping[str, str]:
    """Obligation -> the method and the entry of the book that its selling price comes from."""
    found: dict[str, str] = {}
    for each in decisions:
        if each.rule == "explain_prices":
            found |= each.inputs
    return found


def _of_selling_price(stated: int | None, price: Decimal | None, currency: str) -> Fraction | None:
    """The stated price over the selling price."""
    if not stated or not price:
        return None
    return Fraction(stated, 10 ** minor_digits(currency)) * Fraction(1, Fraction(price))


def _in_range(of_price: Fraction | None, band: Fraction) -> str:
    if of_price is None:
        return ""
    return "yes" if abs(of_price - 1) * _PERCENT <= band else "no"


@cites("606-10-32-37", "606-10-32-40")
def _exception(contract: Contract, component: str, obligation: str, apart: Collection[str]) -> str:
    """Why an obligation gets another share than its selling price gives."""
    if component in apart:
        return "606-10-32-40"
    bundled = any(obligation in each.obligations for each in contract.bundles)
    return "606-10-32-37" if bundled and component == FIXED else ""


def _stated(contract: Contract) -> Mapping[str, int]:
    """Minor units stated for each obligation; none unless every fixed amount names one."""
    stated: dict[str, int] = {}
    for each in contract.consideration:
        if each.kind is ConsiderationKind.FIXED:
            if each.obligation is None:
                return {}
            amount = to_minor(each.amount, contract.currency)
            stated[each.obligation] = stated.get(each.obligation, 0) + amount
    return stated


def _decimal(value: Fraction, digits: int) -> Decimal:
    """The value to so many decimals, half to even."""
    scaled = value * 10**digits
    return Decimal(round_ratio(scaled.numerator, scaled.denominator)).scaleb(-digits)
