"""The study of standalone selling prices as a schedule, beside the book in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Row
from revrec.estimation.price_strata import Studied
from revrec.estimation.selling_prices import Stratum
from revrec.model.dataset import DataSet
from revrec.model.policy import Policy
from revrec.money import minor_digits


@cites("606-10-32-32", "606-10-32-33", "606-10-32-34")
def selling_price_analysis(found: Sequence[Studied], policy: Policy, window: tuple[date, date],
                           entity: int) -> DataSet:  # fmt: skip
    """The study of selling prices as a schedule: prices seen, what they show, and the book.

    Prices are of one unit, or of one unit and month, in the currency of their row; nothing here
    changes the book, which takes a second person.
    """
    band, inside = policy.value("selling_prices_band"), policy.value("selling_prices_inside")
    return DataSet(
        name="selling_price_analysis",
        title="Selling price analysis",
        columns=[
            c.ENTITY, c.PRODUCT, c.text("region", "Region"), c.text("segment", "Segment"),
            c.quantity("quantity_from", "Volume from"), c.quantity("quantity_to", "Volume to"),
            c.text("per", "Price of"), c.CURRENCY, c.count("count", "Prices"),
            c.day("since", "Window from"), c.day("until", "Window to"),
            c.price("least", "Least"), c.price("tenth", "P10"),
            c.price("median", "Median"), c.price("mean", "Mean"),
            c.price("ninetieth", "P90"), c.price("most", "Most"),
            c.ratio("variation", "Deviation over mean"), c.ratio("inside", f"Within {band}"),
            c.text("concentrates", f"{inside} or more within"),
            c.price("low", "Range from"), c.price("point", "Point"),
            c.price("high", "Range to"), c.text("method", "Method"),
            c.text("book", "Entry of the book"), c.text("book_method", "Its method"),
            c.day("effective", "In force from"), c.price("before", "Its price"),
            c.ratio("drift", "Change"), c.text("left_out", "Left out"),
            c.text("histogram", "Prices in ten steps"), c.ROW_KEY,
        ],
        rows=[_row(each, window, entity) for each in found],
        note=(
            f"Prices invoiced in the window. Observable where {inside} lie within {band} of the "
            "middle (606-10-32-32); else the range they span is shown and a person judges whether "
            "they are highly variable (32-34c). Ten steps: counts from the least price to the most."
        ),
    )  # fmt: skip


@cites("606-10-32-33")
def price_distribution(found: Sequence[Studied], entity: int) -> DataSet:
    """How many prices of each stratum lie in each of ten steps from the least to the most."""
    rows: list[Row] = []
    for each in found:
        of = each.stratum
        tenth = (of.most - of.least).scaleb(-1)
        for number, count in enumerate(of.histogram):
            low, high = (of.least + tenth * edge for edge in (number, number + 1))
            rows.append((
                entity, of.product, of.region, of.segment, of.per.replace("_", " and "),
                of.currency, _key(of), number + 1, low, high, _shown(low, high, of.currency),
                count, c.key_of(_key(of), str(number + 1)),
            ))  # fmt: skip
    return DataSet(
        name="selling_price_distribution",
        title="Selling prices distributed",
        columns=[
            c.ENTITY, c.PRODUCT, c.text("region", "Region"), c.text("segment", "Segment"),
            c.text("per", "Price of"), c.CURRENCY, c.text("stratum", "Stratum"),
            c.count("step", "Step"), c.price("low", "From"), c.price("high", "To"),
            c.text("range", "Prices from, to"), c.count("count", "Prices", total=True), c.ROW_KEY,
        ],
        rows=rows,
        note="Ten steps of equal width from the least to the most price of a stratum; one where "
        "all are the same. A price on an edge is in the step above, the most in the last.",
    )  # fmt: skip


def _shown(low: Decimal, high: Decimal, currency: str) -> str:
    """A step for readers: four significant digits, at least those of the currency."""
    texts = []
    for edge in (low, high):
        places = max(minor_digits(currency), 3 - edge.adjusted() if edge else 0)
        texts.append(f"{edge:,.{places}f}")
    return texts[0] if low == high else " to ".join(texts)


def _key(of: Stratum) -> str:
    volume = str(of.quantity_from or "")
    return c.key_of(of.product, of.currency, of.per, of.region, of.segment, volume)


def _row(found: Studied, window: tuple[date, date], entity: int) -> Row:
    each, entry, book = found.stratum, found.entry, found.book
    figures = (each.least, each.tenth, each.median, each.mean, each.ninetieth, each.most)
    volumes = (each.quantity_from, each.quantity_to)
    return (
        entity, each.product, each.region, each.segment, *volumes, each.per.replace("_", " and "),
        each.currency, each.count, *window, *figures, each.variation, each.inside,
        "yes" if each.concentrates else "no", entry.low, entry.amount, entry.high,
        "observable" if each.concentrates else "range, to be judged",
        book.id if book else "", book.method.value.replace("_", " ") if book else "",
        book.effective_from if book else None, found.before, found.drift,
        ", ".join(f"{why}: {count}" for why, count in each.left_out.items()),
        " ".join(map(str, each.histogram)), _key(each),
    )  # fmt: skip
